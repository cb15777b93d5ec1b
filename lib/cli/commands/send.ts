import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { EmitReply } from '../../schemas/emit-reply.ts'
import type { CliContext } from '../context.ts'
import { EventLines } from '../event-lines.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import { JsonText } from '../../json/json-text.ts'
import { wholeNumber } from '../numbers.ts'
import { printJson } from '../output.ts'
import { RequestFailed, ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'
import { BYTE_ORDER_MARK, utf8Text } from '../utf8.ts'

interface SendOptions extends ServerOptions {
  id?: string
  extra?: string
  ndjson?: boolean
  wait: number
}

const DEFAULT_WAIT_SECONDS = 60

const AFTER_HELP = `
Prints the offset and the id of each event once it is durable. An event without an id gets one
before the first attempt, so that a retry never sends it twice.

Examples:
  $ npx fastify-instance-events send sales messages.upsert '{"text":"Oi"}'
  $ npx fastify-instance-events send sales messages.upsert @message.json --id 3EB0A1
  $ npx fastify-instance-events send sales --ndjson < events.ndjson`

/** `send`: posts events. */
export function addSend(program: Command, context: CliContext): void {
  withServerOptions(program.command('send'))
    .description('Send an event, or many.')
    .argument('<instance>', 'name of the instance')
    .argument('[event]', 'name of the event, such as messages.upsert')
    .argument('[data]', 'JSON; @<file>, or - for standard input (default: null)')
    .option('--id <id>', 'id of the event; the server accepts an id only once')
    .option('--extra <json>', 'JSON object whose members are added at the top level of the message')
    .option('--ndjson', 'send one event per line of standard input, in order: {"event": …, "data": …, "id"?: …}')
    .option(
      '--wait <seconds>',
      'how long to retry while the server refuses events temporarily or is unreachable',
      wholeNumber(0),
      DEFAULT_WAIT_SECONDS
    )
    .addHelpText('after', AFTER_HELP)
    .action((instance: string, event: string | undefined, data: string | undefined, options: SendOptions) =>
      options.ndjson
        ? sendLines({ instance, event }, options, context)
        : sendOne({ instance, event, data }, options, context)
    )
}

async function sendOne(
  { instance, event, data = 'null' }: { instance: string; event: string | undefined; data: string | undefined },
  options: SendOptions,
  context: CliContext
): Promise<void> {
  if (event === undefined)
    throw new CommandFailed('Name an event, such as messages.upsert, or use --ndjson', EXIT.usage)
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const id = options.id ?? randomUUID()
  const extra = options.extra === undefined ? '' : `,"extra":${checked(options.extra, '--extra')}`
  const members = `"id":${JSON.stringify(id)},"event":${JSON.stringify(event)}${extra}`
  const body = new JsonText(`{${members},"data":${checked(await read(data, context), 'The data')}}`)
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
      `${error.message}\nNo answer came for the event, which may have been accepted. Repeat the command with --id ${id}: the server accepts an id only once.`
    )
  }
}

async function sendLines(
  { instance, event }: { instance: string; event: string | undefined },
  options: SendOptions,
  context: CliContext
): Promise<void> {
  if (event !== undefined || options.id !== undefined || options.extra !== undefined)
    throw new CommandFailed('With --ndjson, leave out the event, --id and --extra: each line has its own', EXIT.usage)
  const client = new ServerClient(serverAddress(options, context), context.signal)
  const lines = new EventLines({ client, instance, waitMs: options.wait * 1_000, context })
  await lines.send((sent) => print(sent, options, context))
}

function print(sent: EmitReply, { json }: ServerOptions, context: CliContext): void {
  if (json) printJson(sent, context)
  else context.out(`${sent.offset}  ${sent.id}${sent.duplicate ? '  (duplicate)' : ''}`)
}

async function read(data: string, { input, folder, signal }: CliContext): Promise<string> {
  if (data === '-') {
    // Ctrl-C ends the wait for input.
    signal.addEventListener('abort', () => input.destroy(signal.reason as Error), { once: true })
    return dataText(await buffer(input))
  }
  if (!data.startsWith('@')) return data
  const bytes = await readFile(resolve(folder, data.slice(1))).catch((error: Error) => {
    throw new CommandFailed(`Cannot read the data: ${error.message}`)
  })
  return dataText(bytes)
}

function dataText(bytes: Buffer): string {
  return utf8Text(bytes, 'The data').replace(BYTE_ORDER_MARK, '')
}

/** Returns JSON as it is written, with every digit of a number, once it is known to be JSON. */
function checked(json: string, what: string): string {
  try {
    JSON.parse(json)
    return json
  } catch (error) {
    throw new CommandFailed(`${what} is not JSON: ${(error as Error).message}`, EXIT.usage)
  }
}
