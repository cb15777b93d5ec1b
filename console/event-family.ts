export const FAMILIES = [
  'messages',
  'chats',
  'contacts',
  'groups',
  'presence',
  'calls',
  'connection',
  'labels',
  'other'
] as const
export type Family = (typeof FAMILIES)[number]

/** Words of event keys, of all hubs. The first match decides: `LABELS_ASSOCIATION` is of labels, also that of messages. */
const WORDS: readonly (readonly [RegExp, Family])[] = [
  [/^OPERATOR_/, 'other'],
  [/(^|_)LABEL/, 'labels'],
  [/(^|_)CALL/, 'calls'],
  [/(^|_)((SEND)?MESSAG|RECEIPT|POLL_|EVENT_RESPONSE|HISTORYSYNC)/, 'messages'],
  [/(^|_)(CHAT)?PRESENCE/, 'presence'],
  [/(^|_)((JOINED)?GROUP|NEWSLETTER)/, 'groups'],
  [/(^|_)(CONTACT|PUSHNAME)/, 'contacts'],
  [/(^|_)(CHAT|ARCHIVE)/, 'chats'],
  [
    /(^|_)((DIS)?CONNECT|INSTANCE|SESSION|STATE_|QR|PAIR|LOGGEDOUT|TEMPORARYBAN|CREDS|APPLICATION|OFFLINESYNC)/,
    'connection'
  ]
]

/** What an event is about, by its key (`MESSAGES_UPSERT`). */
export function eventFamily(key: string): Family {
  return WORDS.find(([words]) => words.test(key))?.[1] ?? 'other'
}
