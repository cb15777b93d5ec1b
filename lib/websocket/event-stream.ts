import type { Encoding } from './encoding.ts'

/** Line breaks between tokens of JSON text, which would end a line of the stream. JSON strings contain none unescaped. */
const LINE_BREAKS = /[\r\n]+/g

/**
 * Encodes Server-Sent Events. The id is the offset. Instance events have no name, so that `onmessage` receives all of them.
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
