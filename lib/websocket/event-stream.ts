import type { Encoding } from './encoding.ts'

/** Line breaks between the tokens of JSON text, which strings have as escapes only. They would end a line of the stream. */
const LINE_BREAKS = /[\r\n]+/g

/**
 * Server-Sent Events: the offset is the id, events have no name of their own, so that `onmessage` receives all of them.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export const EVENT_STREAM: Encoding = {
  name: 'stream',
  event: (_namespace, { offset, json }) => `id: ${offset}\ndata: ${json.replace(LINE_BREAKS, ' ')}\n\n`,
  notification: (_namespace, [name, message]) => {
    const id = 'to' in message ? message.to : message.offset
    return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(message)}\n\n`
  },
  join: (packets) => Buffer.from(packets.join(''))
}
