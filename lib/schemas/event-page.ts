import { Type, type Static } from '@sinclair/typebox'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'

const Offset = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

/** The query of `GET /events` and `GET /events/:instance`. */
export const EventPageQuery = Type.Object({
  after: Type.Optional(Type.Integer({ ...Offset, description: 'Oldest first, after this offset. 0 if absent.' })),
  before: Type.Optional(
    Type.String({
      pattern: '^(latest|[1-9][0-9]{0,15})$',
      description: 'Newest first instead, before this offset; `latest`: from the end of the log.'
    })
  ),
  log: Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The log of `after`, as the reply before named it: tells a log that was restored.'
    })
  ),
  limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  events: Type.Optional(Type.String({ description: 'Only these events: names or keys, separated by commas.' })),
  filter: Type.Optional(
    Type.String({
      maxLength: 8_192,
      description: 'Only events whose `data` match: a filter policy in the syntax of Amazon SNS, as JSON.'
    })
  ),
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 60,
      description:
        'Long polling: seconds to wait for the next event if there are none yet. Continue with `after` of the reply, even if it has no events.'
    })
  )
})
export type EventPageQuery = Static<typeof EventPageQuery>

const EventMessage = Type.Object(
  {
    event: Type.String(),
    instance: Type.String(),
    data: Type.Unknown(),
    server_url: Type.String(),
    date_time: Type.String({ format: 'date-time' }),
    sender: Type.Union([Type.String(), Type.Null()]),
    id: Type.String(),
    offset: Type.Integer()
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
    after: Type.Optional(Type.Integer({ description: 'Pass it as `after` to read on.' })),
    before: Type.Optional(
      Type.Integer({ description: 'Instead of `after` if you gave `before`: pass it as `before` to read on.' })
    ),
    log: Type.String({ description: 'Identifies the log of the offsets, and its epoch. Pass it as `log` to read on.' }),
    complete: Type.Optional(
      Type.Boolean({
        description:
          'With `after`. `false`: events after it are missing, because they were pruned or lost, or because it is an offset of another log.'
      })
    ),
    more: Type.Boolean({
      description: '`true` if more events may follow now. With `events`, a page may be empty although more may follow.'
    })
  },
  { examples: [{ events: [MESSAGE], after: MESSAGE.offset, more: false, log: '88e02af1c2d83484', complete: true }] }
)
export type EventPage = Static<typeof EventPage>
