import { apiBase } from '../api/address.ts'
import { asArgument } from './quoting.ts'

export interface WebhookTarget {
  /** URL of the console. */
  page: string
  instance: string
  /** Keys of the events that the hub is to send. */
  events: readonly string[]
}

/** A command that makes Evolution API send the events of an instance here. */
export function evolutionSnippet({ page, instance, events }: WebhookTarget): string {
  const url = hookUrl(page, 'evolution')
  const body = { webhook: { enabled: true, url, headers: { apikey: KEY }, byEvents: false, base64: false, events } }
  return `# EVOLUTION_URL and EVOLUTION_KEY are those of Evolution API, API_KEY is the global key of this server.
curl -X POST "$EVOLUTION_URL"${asArgument(`/webhook/set/${encodeURIComponent(instance)}`)} \\
  -H "apikey: $EVOLUTION_KEY" -H 'content-type: application/json' \\
  -d ${asBody(body)}
`
}

/** A command that makes WAHA send the events of a session here. */
export function wahaSnippet({ page, instance }: WebhookTarget): string {
  const webhook = {
    url: hookUrl(page, 'waha'),
    events: ['session.status', 'message', 'message.ack'],
    customHeaders: [{ name: 'apikey', value: KEY }]
  }
  return `# WAHA_URL and WAHA_KEY are those of WAHA, API_KEY is the global key of this server.
curl -X PUT "$WAHA_URL"${asArgument(`/api/sessions/${encodeURIComponent(instance)}`)} \\
  -H "x-api-key: $WAHA_KEY" -H 'content-type: application/json' \\
  -d ${asBody({ config: { webhooks: [webhook] } })}
`
}

/** A command that makes Evolution GO send the events of an instance here. */
export function evolutionGoSnippet({ page }: WebhookTarget): string {
  const webhookUrl = `${hookUrl(page, 'evolution-go')}?apikey=${KEY}`
  return `# GO_URL and GO_TOKEN are those of Evolution GO and of the instance there, API_KEY is the global key of this server.
curl -X POST "$GO_URL"/instance/connect \\
  -H "apikey: $GO_TOKEN" -H 'content-type: application/json' \\
  -d ${asBody({ webhookUrl, subscribe: ['ALL'] })}
`
}

/** Stands for the key, which the shell puts in. */
const KEY = '$API_KEY'

function hookUrl(page: string, hub: string): string {
  return new URL(`webhook/${hub}`, apiBase(page)).href
}

/** JSON as an argument of a shell, with the key outside of its single quotes. */
function asBody(body: object): string {
  const json = JSON.stringify(body).replaceAll("'", '\\u0027')
  return `'${json.replaceAll(KEY, `'"$API_KEY"'`)}'`
}
