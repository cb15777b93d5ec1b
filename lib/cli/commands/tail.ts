import { InvalidArgumentError, type Command } from 'commander'
import type { ConnectionError, InstanceMessage } from '../../client/types.ts'
import type { ServerReply } from '../../schemas/server.ts'
import type { CliContext } from '../context.ts'
import { CommandFailed, EXIT } from '../failure.ts'
import type { EventFilter } from '../../filters/event-filter.ts'
import { filterPolicy, type NONE } from '../filter-policy.ts'
import { wholeNumber } from '../numbers.ts'
import { counted, printJson, shortened } from '../output.ts'
import { KEY_HINT, ServerClient } from '../server-client.ts'
import { serverAddress, type ServerOptions, withServerOptions } from '../server-options.ts'

interface TailOptions extends ServerOptions {
  events?: string
  filter?: EventFilter | typeof NONE
  since: number | 'latest'
}

const DATA_LENGTH = 160

const AFTER_HELP = `
Without an instance, prints the events of all instances. This needs the global key and a server with
WEBSOCKET_GLOBAL_EVENTS=true. After a lost connection, output continues without gaps or repeats.
Needs socket.io-client (npm install socket.io-client). Ctrl-C ends it.

Examples:
  $ npx fastify-instance-events tail sales
  $ npx fastify-instance-events tail --events messages.upsert,call --since 0 --json | jq .data`

/** `tail`: prints live events. */
export function addTail(program: Command, context: CliContext): void {
  withServerOptions(program.command('tail'))
    .description('Print events as they happen: time, offset, instance, event, data.')
    .argument('[instance]', 'name of the instance')
    .option('--events <names>', 'only these events, separated by commas')
    .option('--filter <policy>', 'only events whose data match this SNS filter policy (JSON)', filterPolicy)
    .option(
      '--since <offset>',
      'begin after this offset, or with `latest` at the end of the log',
      offsetOrLatest,
      'latest'
    )
    .addHelpText('after', AFTER_HELP)
    .action((instance: string | undefined, options: TailOptions) => tail(instance, options, context))
}

function offsetOrLatest(text: string): number | 'latest' {
  if (text === 'latest') return text
  try {
    return wholeNumber(0)(text)
  } catch {
    throw new InvalidArgumentError(`"${text}" is neither an offset, which is a whole number from 0, nor \`latest\`.`)
  }
}

async function tail(instance: string | undefined, options: TailOptions, context: CliContext): Promise<void> {
  const { signal } = context
  context.endOnClosedOutput()
  const address = serverAddress(options, context)
  const connect = await loadClient()
  // Without this check, Socket.IO would try to connect to a missing endpoint forever.
  const { websocket } = await new ServerClient(address, signal).request<ServerReply>({ path: ['server'] })
  if (!websocket)
    throw new CommandFailed(
      'The server has no WebSocket transport: start it with one (standalone: WEBSOCKET_ENABLED=true)'
    )
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  let lost = false
  const connection = connect(new URL(`/${encodeURIComponent(instance ?? '')}`, address.url).href, {
    // The server has just accepted it.
    apikey: address.key as string,
    path: websocket.path,
    events: options.events?.split(',').map((name) => name.trim()) ?? [],
    ...(typeof options.filter === 'object' && { filter: options.filter }),
    offset: options.since,
    onEvent: (message) => print(message, options, context),
    onResumed: ({ count, complete }) => {
      if (lost) context.error(`Connected; ${counted(count, 'event')} arrived in the meantime.`)
      if (!complete) context.error('Events are missing: the log no longer has all events after that offset.')
      lost = false
    },
    onDisconnected: (reason) => {
      lost = true
      context.error(`Connection lost (${reason}); reconnecting.`)
    },
    onError: (error) => {
      if (error.retryAfterMs === undefined) return reject(error.cause ?? refusal(error, instance))
      lost = true
      context.error(waiting(error, error.retryAfterMs))
    }
  })
  signal.addEventListener('abort', () => resolve(), { once: true })
  await ended.finally(() => connection.close())
}

async function loadClient() {
  try {
    return (await import('../../client/connect-instance.ts')).connectInstance
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new CommandFailed('`tail` needs socket.io-client, which is not installed: npm install socket.io-client')
  }
}

function print(message: InstanceMessage, { json }: TailOptions, context: CliContext): void {
  if (json) return printJson(message, context)
  const { date_time: time, offset, instance, event, data } = message
  const shownData = shortened(JSON.stringify(data), DATA_LENGTH)
  const [dim, cyan] = [{ style: 'dim', text: time } as const, { style: 'cyan', text: event } as const]
  context.out(dim, `  ${offset}  ${instance}  `, cyan, `  ${shownData}`)
}

/** The server's temporary refusal, and the time of the next attempt. */
function waiting({ code, message }: ConnectionError, retryAfterMs: number): string {
  const time = new Date(Date.now() + retryAfterMs).toISOString().replace(/\.\d+/, '')
  return `${message} (${code})\nThe next attempt is in ${Math.ceil(retryAfterMs / 1_000)} s, at ${time}.`
}

/** The server's refusal, with a remedy. */
function refusal({ code, message }: ConnectionError, instance: string | undefined): CommandFailed {
  const hint = hintOf(code, instance)
  return new CommandFailed(`${message} (${code})${hint === undefined ? '' : `\n${hint}`}`, EXIT.failed)
}

function hintOf(code: string, instance: string | undefined): string | undefined {
  const select = `Select its events: npx fastify-instance-events set websocket ${instance} --all`
  switch (code) {
    case 'IEV_WS_UNAUTHORIZED':
      return KEY_HINT
    case 'IEV_WS_NOT_SET':
      return select
    case 'IEV_WS_DISABLED':
      return instance === undefined
        ? 'Name an instance, or start the server with global events (standalone: WEBSOCKET_GLOBAL_EVENTS=true) to follow all.'
        : select
    default:
      return undefined
  }
}
