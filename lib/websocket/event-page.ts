import type { Encoding } from './encoding.ts'

/** Notifications in the payloads of a page, which has no others. No event has such a text. */
export const NOTICES = { complete: '', incomplete: 'incomplete' } as const

/**
 * Encodes the events of a page of long polling, as the elements of a JSON list. The page itself has the place in the log, so a
 * notification only says whether events are missing.
 */
export const EVENT_PAGE: Encoding = {
  name: 'page',
  event: (_namespace, { json }) => json,
  notification: (_namespace, [name, message]) =>
    name === 'resumed' && !message.complete ? NOTICES.incomplete : NOTICES.complete,
  join: (packets) => Buffer.from(packets.join(','))
}
