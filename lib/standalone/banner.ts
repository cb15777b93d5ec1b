import type { Config } from './config.ts'
import { printable } from '../text/printable.ts'
import { withoutPassword } from '../text/without-password.ts'
import type { EmbeddedSqs } from './embedded-sqs.ts'

export interface BannerOptions {
  url: string
  config: Config
  /** True if the console is served. */
  console: boolean
  apiKey: string
  /** File of the generated key; `undefined` if the operator set the key. */
  keyFile: string | undefined
  embedded: EmbeddedSqs | undefined
}

/** The text that is printed once the server listens: addresses, queues, database and key. */
export function banner({ url, config, console, apiKey, keyFile, embedded }: BannerOptions): string {
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
    ['Event log', withoutPassword(config.DATABASE_URL)]
  ]
  if (keyFile !== undefined) rows.push(['API key', `${apiKey}   (kept in ${keyFile})`])
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
    return `${embedded.target.endpoint}   (emulated in this process, not for production; any region and credentials)`
  return config.SQS_ENDPOINT ?? config.SQS_BASE_URL ?? `AWS${config.SQS_REGION ? `, ${config.SQS_REGION}` : ''}`
}
