import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { EmitReply } from '../../schemas/emit-reply.ts'
import type { CliContext } from '../context.ts'
import { EventLines } from '../event-lines.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import { wholeNumber } from '../numbers.ts'
import { printJson } from '../output.ts'
import { RequestFailed, ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface SendOptions extends ServerOptions {
  id?: string
  extra?: string
  ndjson?: boolean
  wait: number
}

const DEFAULT_WAIT_SECONDS = 60

const AFTER_HELP = `
Prints the event's offset and id once it is on disk. An event gets its id before the first try, so
that what is tried again is not sent twice.

Examples:
  $ npx fastify-instance-events send sales messages.upsert '{"text":"Oi"}'
  $ npx fastify-instance-events send sales messages.upsert @message.json --id 3EB0A1
  $ npx fastify-instance-events send sales --ndjson < events.ndjson`

/** `send`: events into the log. */
export function addSend(program: Command, context: CliContext): void {
  withServerOptions(program.command('send'))
    .description('Hand in an event, or many.')
    .argument('<instance>', 'whose it is')
    .argument('[event]', 'its name, such as messages.upsert')
    .argument('[data]', 'JSON; @<file>, or - for standard input (default: null)')
    .option('--id <id>', 'its id: the same one again is answered, not sent')
    .option('--extra <json>', 'an object, spread at the top level of the message')
    .option('--ndjson', 'standard input has an event a line: {"event", "data", "id"?, …}, sent in order')
    .option(
      '--wait <seconds>',
      'for how long it is tried again when the server takes nothing now, or was lost',
      wholeNumber(0),
      DEFAULT_WAIT_SECONDS
    )
    .addHelpText('after', AFTER_HELP)
    .action((instance: string, event: string | undefined, data: string | undefined, options: SendOptions) => {
      // What is to be sent is not less for being read by nobody here.
      context.goOnUnread()
      return options.ndjson
        ? sendLines({ instance, event }, options, context)
        : sendOne({ instance, event, data }, options, context)
    })
}

async function sendOne(
  { instance, event, data = 'null' }: { instance: string; event: string | undefined; data: string | undefined },
  options: SendOptions,
  context: CliContext
): Promise<void> {
  if (event === undefined)
    throw new CommandFailed('Name an event, such as messages.upsert, or say --ndjson', EXIT.usage)
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const extra = options.extra === undefined ? undefined : parse(options.extra, '--extra')
  const body = {
    id: options.id ?? randomUUID(),
    event,
    data: parse(await read(data, context), 'The data'),
    ...(extra !== undefined && { extra })
  }
  try {
    const sent = await client.request<EmitReply>({
      method: 'POST',
      path: ['events', instance],
      body,
      waitMs: options.wait * 1_000,
      onWait: context.error
    })
    print(sent, options, context)
  } catch (error) {
    if (!(error instanceof RequestFailed && error.unanswered)) throw error
    throw new CommandFailed(
      `${error.message}\nIt is not known whether the event was accepted. Send it again with --id ${body.id}, and it will not come twice.`
    )
  }
}

async function sendLines(
  { instance, event }: { instance: string; event: string | undefined },
  options: SendOptions,
  context: CliContext
): Promise<void> {
  if (event !== undefined || options.id !== undefined || options.extra !== undefined)
    throw new CommandFailed('With --ndjson, the lines say event, id and extra themselves', EXIT.usage)
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const lines = new EventLines({ client, instance, waitMs: options.wait * 1_000, context })
  await lines.send((sent) => print(sent, options, context))
}

function print(sent: EmitReply, { json }: ServerOptions, context: CliContext): void {
  if (json) printJson(sent, context)
  else context.out(`${sent.offset}  ${sent.id}${sent.duplicate ? '  (was there already)' : ''}`)
}

async function read(data: string, { input, folder, signal }: CliContext): Promise<string> {
  if (data === '-') {
    // Who waits for what nobody types can be stopped.
    signal.addEventListener('abort', () => input.destroy(signal.reason as Error), { once: true })
    return text(input)
  }
  if (!data.startsWith('@')) return data
  try {
    return await readFile(resolve(folder, data.slice(1)), 'utf8')
  } catch (error) {
    throw new CommandFailed(`The data cannot be read: ${(error as Error).message}`)
  }
}

function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch (error) {
    throw new CommandFailed(`${what} is not JSON: ${(error as Error).message}`, EXIT.usage)
  }
}
