import type { Config } from './config.ts'
import { printable } from '../text/printable.ts'
import { withoutPassword } from '../text/without-password.ts'
import { QueueNames } from '../sqs/queue-names.ts'
import { sqsGlobalOptions } from './app-options.ts'
import type { EmbeddedSqs } from './embedded-sqs.ts'

export interface BannerOptions {
  url: string
  config: Config
  /** True if the console is served. */
  console: boolean
  /** The key, if it was generated on this start. */
  newKey: string | undefined
  /** File of the generated key; `undefined` if the operator set the key. */
  keyFile: string | undefined
  embedded: EmbeddedSqs | undefined
}

/** The text that is printed once the server listens: addresses, queues, database and key. */
export function banner({ url, config, console, newKey, keyFile, embedded }: BannerOptions): string {
  const socket = url.replace(/^http/, 'ws')
  const rows: [string, string][] = [
    ['HTTP API', `${url}${config.DOCS_ENABLED ? `   (documentation: ${url}/docs)` : ''}`],
    ...(console ? [['Console', `${url}/console`] satisfies [string, string]] : []),
    [
      'Socket.IO',
      config.WEBSOCKET_ENABLED
        ? `${socket}/<instance>${config.WEBSOCKET_GLOBAL_EVENTS ? ` and ${socket}` : ''}`
        : 'off (WEBSOCKET_ENABLED=false)'
    ],
    ['SQS', sqsRow(config, embedded)],
    ...queueRows(config),
    ['Event log', withoutPassword(config.DATABASE_URL)]
  ]
  if (keyFile !== undefined)
    rows.push(['API key', newKey === undefined ? `kept in ${keyFile}` : `${newKey}   (kept in ${keyFile})`])
  return [
    '',
    'fastify-instance-events is ready',
    ...rows.map(([name, value]) => `  ${name.padEnd(11)}${printable(value)}`),
    ''
  ].join('\n')
}

function sqsRow(config: Config, embedded: EmbeddedSqs | undefined): string {
  if (!config.SQS_ENABLED) return 'off (SQS_ENABLED=false)'
  if (embedded)
    return `${embedded.target.endpoint}   (emulated in this process, not for production; accepts any region and credentials)`
  const endpoint = config.SQS_ENDPOINT ?? config.SQS_BASE_URL
  if (endpoint !== undefined) return withoutPassword(endpoint)
  return `AWS${config.SQS_REGION ? `, ${config.SQS_REGION}` : ''}`
}

/** Longer lists of events are shown as their number. */
const MAX_LISTED = 5

/** The queues that events go to. An event may go to two. */
function queueRows(config: Config): [string, string][] {
  if (!config.SQS_ENABLED) return []
  const { SQS_QUEUE_TYPE: type } = config
  const own = `<instance>_<event>${type === 'fifo' ? '.fifo' : ''} for the events that an instance selects`
  const global = sqsGlobalOptions(config)
  if (!global || global.events.length === 0) return [['Queues', own]]
  const { events, unlessOwn } = global
  const { sharedPattern } = new QueueNames({ ...global, type, keys: [] })
  const listed = events.length > MAX_LISTED ? `${events.length} events` : [events].flat().join(', ')
  const shared = `${sharedPattern} for ${events === '*' ? 'all events' : listed} of all instances`
  return unlessOwn
    ? [
        ['Queues', own],
        ['', `${shared}, except those that go to a queue of their instance`]
      ]
    : [
        ['Queues', shared],
        ['', `${own}; these are sent to both queues (set SQS_GLOBAL_ENABLED=auto to send them only to this one)`]
      ]
}
