import { Type, type Static } from '@sinclair/typebox'
import { PRINTABLE_ASCII } from '../text/printable-ascii.ts'
import { FilterText } from './filter-policy.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'

/** Characters of a text to search for. */
export const MAX_SEARCH = 200

const Offset = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

/** The query of `GET /events/:instance`. */
export const EventPageQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ ...Offset, description: 'Oldest first, after this offset. 0 if absent.' })),
    before: Type.Optional(
      Type.String({
        pattern: '^(latest|[1-9][0-9]{0,15})$',
        description: 'Newest first instead, before this offset; `latest`: from the end of the log.'
      })
    ),
    at: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'Oldest first, from the first event that was accepted at this time (ISO 8601; UTC if it names no zone) or later. If the clock of a server was set back, several places in the log match the time, and the page begins at one of them.'
      })
    ),
    log: Type.Optional(
      Type.String({
        maxLength: 100,
        pattern: PRINTABLE_ASCII,
        description:
          'The `log` of the reply that `after` is from. The server compares it, and so detects that the log was restored from a backup.'
      })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        description: `Maximum number of events in the page; ${DEFAULT_LIMIT} if absent. Not with \`wait\`, whose pages have about 200 events or 256 KiB.`
      })
    ),
    events: Type.Optional(Type.String({ description: 'Only these events: names or keys, separated by commas.' })),
    filter: Type.Optional(FilterText),
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_SEARCH,
        description:
          'Only events that contain this text, regardless of case: in `data` or a further member as JSON, with escapes read as their characters, in `sender` or in `id`. A WhatsApp JID is also found with a device part, with the equivalent server (`s.whatsapp.net` or `c.us`), or as its number alone. One request searches only a part of the log: continue while the reply has `more`, even if it has no events. With `before=latest`, the first page is the event whose id is this text, if the index of ids has it; the same event is found again at its place in the log.'
      })
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        description:
          'Long polling: the events that a socket of the instance would receive, by the rules of sockets; if there are none yet, the reply waits up to this many seconds. Continue with `after` and `log` of the reply, even if it has no events.'
      })
    )
  },
  { additionalProperties: false }
)
export type EventPageQuery = Static<typeof EventPageQuery>

/** The query of `GET /events`. */
export const EventPageOfAllQuery = Type.Composite(
  [
    EventPageQuery,
    Type.Object({
      instances: Type.Optional(
        Type.String({
          maxLength: 20_000,
          description: 'With `wait`: only these instances: names, percent-encoded, separated by commas.'
        })
      )
    })
  ],
  { additionalProperties: false }
)
export type EventPageOfAllQuery = Static<typeof EventPageOfAllQuery>

const EventMessage = Type.Object(
  {
    event: Type.String(),
    instance: Type.String(),
    data: Type.Unknown(),
    server_url: Type.String(),
    date_time: Type.String({ format: 'date-time' }),
    sender: Type.Union([Type.String(), Type.Null()]),
    id: Type.String(),
    offset: Type.Integer(),
    erased: Type.Optional(
      Type.Boolean({ description: '`true`: the data of the event was erased; `data` and `sender` are `null`.' })
    )
  },
  { additionalProperties: true }
)

const MESSAGE: Static<typeof EventMessage> = {
  event: 'messages.upsert',
  instance: 'sales',
  data: { message: { conversation: 'Oi, tudo bem?' } },
  server_url: 'https://hub.example.com',
  date_time: '2026-01-31T12:00:00.000Z',
  sender: '5511912345678@s.whatsapp.net',
  id: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
  offset: 4711
}

/** The reply of `GET /events` and `GET /events/:instance`. */
export const EventPage = Type.Object(
  {
    events: Type.Array(EventMessage),
    after: Type.Optional(Type.Integer({ description: 'Pass it as `after` to get the next page.' })),
    before: Type.Optional(
      Type.Integer({
        description: 'In place of `after` if the request has `before`: pass it as `before` to get the next page.'
      })
    ),
    log: Type.String({
      description:
        'Identifies the log that the offsets belong to, and its epoch. Pass it as `log` with the next request.'
    }),
    complete: Type.Optional(
      Type.Boolean({
        description:
          'With `after`. `false`: events after it are missing, because they were pruned or lost, or because it is an offset of another log.'
      })
    ),
    examined: Type.Optional(
      Type.Integer({ description: 'With `search`: number of offsets that this request has looked through.' })
    ),
    total: Type.Optional(Type.Integer({ description: 'With `search`: number of offsets that the log has.' })),
    more: Type.Boolean({
      description:
        '`true` if more events may follow now. With `events`, `filter` or `search`, a page may be empty although more may follow.'
    })
  },
  { examples: [{ events: [MESSAGE], after: MESSAGE.offset, more: false, log: '88e02af1c2d83484', complete: true }] }
)
export type EventPage = Static<typeof EventPage>
