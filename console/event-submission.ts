import type { EventBody } from '../lib/schemas/event-input.ts'
import { apiBase } from './api/address.ts'
import type { Message } from './api/types.ts'
import { asShellString } from './snippets/quoting.ts'

/**
 * What submits an event like this one again: as a new event, with a new id and the time of then. The hub's key, if the message has
 * it, is left out.
 */
export function submissionOf(message: Message): EventBody {
  const { event, data, sender, server_url: serverUrl, ...others } = message
  const added = new Set(['instance', 'date_time', 'id', 'offset', 'apikey', 'erased', 'traceparent'])
  const extra = Object.entries(others).filter(([name]) => !added.has(name))
  return {
    event,
    data,
    ...(typeof sender === 'string' && { sender }),
    ...(serverUrl !== '' && { serverUrl }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) })
  }
}

/** A shell command that submits it. The key is the variable `KEY`. @param page URL of the console */
export function curlOf(message: Message, page: string): string {
  const url = new URL(`events/${encodeURIComponent(message.instance)}`, apiBase(page)).href
  return `curl -sS --fail-with-body ${asShellString(url)} \\
  -H "apikey: $KEY" -H 'content-type: application/json' \\
  --data-raw ${asShellString(JSON.stringify(submissionOf(message)))}
`
}
