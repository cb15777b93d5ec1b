import type { Command } from 'commander'
import { MAX_KEEP_OLD_SECONDS, type TokenReply } from '../../schemas/instance-changes.ts'
import type { InstancesReply } from '../../schemas/instances.ts'
import { MAX_LIMIT } from '../../schemas/page-limits.ts'
import type { SelectionSummary } from '../../schemas/selections.ts'
import { confirm } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { refuseArguments } from '../misspelt-subcommand.ts'
import { wholeNumber } from '../numbers.ts'
import { counted, printJson, printTable } from '../output.ts'
import { addLimits } from './instance-limits.ts'
import { ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface TokenOptions extends ServerOptions {
  token?: string
  keepOldFor?: number
}

interface ListOptions extends ServerOptions {
  search?: string
  after?: string
  limit?: number
}

/** Longer lists of event keys are shown as their number. */
const KEYS_SHOWN = 3

/** `instances` and its subcommands. */
export function addInstances(program: Command, context: CliContext): void {
  const command = withServerOptions(program.command('instances'))
    .description('List, create and delete instances, replace their tokens, and limit them.')
    .usage('[options] [command]')
    .option('--search <text>', 'only names that contain this text, regardless of case and accents')
    .option('--after <name>', 'only names after this one')
    .option('--limit <count>', `number of instances (default and maximum: ${MAX_LIMIT})`, wholeNumber(1, MAX_LIMIT))
    .enablePositionalOptions()
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nWithout a command, or with `list`, lists them.\n\nExamples:\n  $ npx fastify-instance-events instances\n  $ npx fastify-instance-events instances --search sao --json'
    )
    .action((_options, self: Command) => {
      refuseArguments(self)
      return list(self.opts(), context)
    })

  withServerOptions(command.command('create <name>'))
    .description('Register an instance, and print its token, which is not shown again.')
    .option('--token <token>', 'the token (default: generated)')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances create sales')
    .action((name: string, _options, self: Command) => create(name, self.optsWithGlobals(), context))

  withServerOptions(command.command('delete <name>'))
    .description('Delete an instance. Its sockets are disconnected; events accepted before are still sent.')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances delete sales --yes')
    .action((name: string, _options, self: Command) => remove(name, self.optsWithGlobals(), context))

  withServerOptions(command.command('token <name>'))
    .description(
      'Replace the token of an instance, and print the new one. The old one becomes invalid at once, or after the time of --keep-old-for.'
    )
    .option('--token <token>', 'the token (default: generated)')
    .option(
      '--keep-old-for <seconds>',
      'how long the old token stays valid (default: 0, maximum: 30 days)',
      wholeNumber(0, MAX_KEEP_OLD_SECONDS)
    )
    .addHelpText('after', '\nExample:\n  $ npx fastify-instance-events instances token sales --keep-old-for 3600')
    .action((name: string, _options, self: Command) => giveToken(name, self.optsWithGlobals(), context))

  addLimits(command, context)
}

async function list(options: ListOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const { search, after, limit = MAX_LIMIT } = options
  const query = { search, after, limit }
  const path = ['instance', 'fetchInstances']
  const instances = await client.request<InstancesReply>({ path, query })
  if (options.json) printJson(instances, context)
  else print(instances, options, context)
  const last = instances.at(-1)
  if (last && instances.length === limit) context.error(`For more, add --after ${JSON.stringify(last.name)}`)
}

function print(instances: InstancesReply, { search, after }: ListOptions, context: CliContext): void {
  if (instances.length === 0) {
    const all = search === undefined && after === undefined
    return context.error(all ? 'There are no instances yet.' : 'No instances found.')
  }
  const rows = instances.map(({ name, sqs, websocket, createdAt }) => [name, shown(sqs), shown(websocket), createdAt])
  printTable(['INSTANCE', 'SQS', 'WEBSOCKET', 'CREATED'], rows, context)
}

async function create(name: string, { token, ...options }: TokenOptions, context: CliContext): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = { instanceName: name, ...(token !== undefined && { token }) }
  const created = await client.request<TokenReply>({ method: 'POST', path: ['instance', 'create'], body })
  printToken(created, options, context)
}

async function giveToken(
  name: string,
  { token, keepOldFor, ...options }: TokenOptions,
  context: CliContext
): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const body = { ...(token !== undefined && { token }), ...(keepOldFor && { keepOldForSeconds: keepOldFor }) }
  const given = await client.request<TokenReply>({ method: 'PUT', path: ['instance', 'token', name], body })
  if (given.oldValidUntil && !options.json) context.error(`The old token is valid until ${given.oldValidUntil}.`)
  printToken(given, options, context)
}

/** Prints only the token as data, for use in `$(…)`. */
function printToken(
  created: Pick<TokenReply, 'instance' | 'hash'>,
  { json }: ServerOptions,
  context: CliContext
): void {
  if (json) return printJson(created, context)
  context.error(`Token of ${created.instance.instanceName}, which is not shown again:`)
  context.out(created.hash)
}

async function remove(
  name: string,
  { yes, ...options }: ServerOptions & { yes?: boolean },
  context: CliContext
): Promise<void> {
  const client = new ServerClient(serverAddress(options, context), context.signal)
  await confirm(`Delete the instance ${name}?`, yes ? { yes } : {}, context)
  const reply = await client.request({ method: 'DELETE', path: ['instance', 'delete', name] })
  if (options.json) printJson(reply, context)
  else context.out(`Deleted ${name}.`)
}

function shown({ id, enabled, events }: SelectionSummary): string {
  if (id === undefined) return '-'
  if (!enabled) return 'off'
  return events.length > KEYS_SHOWN ? counted(events.length, 'event') : events.join(',')
}
