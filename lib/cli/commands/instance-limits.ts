import { type Command, Option } from 'commander'
import type { SetLimitsReply } from '../../schemas/instance-changes.ts'
import type { InstanceReply } from '../../schemas/instances.ts'
import type { ServerReply } from '../../schemas/server.ts'
import type { LimitsBody } from '../../schemas/limits.ts'
import type { CliContext } from '../context.ts'
import { wholeNumber } from '../numbers.ts'
import { printJson, printTable } from '../output.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface LimitsOptions extends ServerOptions {
  eventsPerSecond?: number
  bytesPerSecond?: number
  sockets?: number
  retainedBytes?: number
  reset?: boolean
}

const AFTER_HELP = `
Replaces all limits: one that you leave out is reset to the server's value. Without options, prints the current limits.

Examples:
  $ npx fastify-instance-events instances limits sales --events-per-second 100 --sockets 50
  $ npx fastify-instance-events instances limits sales --reset`

const whole = wholeNumber(0)

/** `instances limits`: sets how much an instance may post and hold. */
export function addLimits(instances: Command, context: CliContext): void {
  withServerOptions(instances.command('limits <name>'))
    .description('Limit what an instance may post and hold in the log, and the sockets of its token.')
    .option('--events-per-second <count>', 'events that it may post per second on each node; 0: unlimited', whole)
    .option('--bytes-per-second <count>', 'bytes of events per second on each node; 0: unlimited', whole)
    .option('--sockets <count>', 'sockets that its token may have open on each node; 0: unlimited', whole)
    .option('--retained-bytes <count>', 'bytes of the log that its events may take; 0: unlimited', whole)
    .addOption(
      new Option('--reset', 'reset all limits to the values of the server').conflicts([
        'eventsPerSecond',
        'bytesPerSecond',
        'sockets',
        'retainedBytes'
      ])
    )
    .addHelpText('after', AFTER_HELP)
    .action((name: string, _options, self: Command) => limits(name, self.optsWithGlobals(), context))
}

async function limits(name: string, options: LimitsOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const { eventsPerSecond, bytesPerSecond, sockets, retainedBytes, reset, json } = options
  const body: LimitsBody = {
    ...(eventsPerSecond !== undefined && { eventsPerSecond }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(sockets !== undefined && { sockets }),
    ...(retainedBytes !== undefined && { retainedBytes })
  }
  const current =
    reset || Object.keys(body).length > 0
      ? (await client.request<SetLimitsReply>({ method: 'PUT', path: ['instance', 'limits', name], body })).limits
      : await read(name, client)
  if (json) return printJson(current, context)
  const { limits: ofServer } = await client.request<ServerReply>({ path: ['server'] })
  const rows = Object.entries(current).map(([limit, own]) => {
    const value = own ?? ofServer[limit as keyof typeof ofServer]
    return [
      limit,
      value === null ? 'no sockets' : value === 0 ? 'unlimited' : String(value),
      own === null ? 'server' : name
    ]
  })
  printTable(['LIMIT', 'VALUE', 'SET BY'], rows, context)
}

async function read(instanceName: string, client: ServerClient) {
  const path = ['instance', 'fetchInstances']
  // The server answers 404 for an unknown name.
  const [instance] = (await client.request({ path, query: { instanceName } })) as [InstanceReply]
  return instance.limits
}
