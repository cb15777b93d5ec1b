import { type Static, Type } from '@sinclair/typebox'
import { FilterText } from './filter-policy.ts'

const EXAMPLE = `id: 4711
data: {"event":"messages.upsert","instance":"sales","data":{"message":{"conversation":"Oi"}},"id":"01a1","offset":4711}

id: 4711
event: resumed
data: {"from":4700,"to":4711,"count":1,"complete":true,"log":"88e02af1c2d83484"}

`

const Offset = {
  pattern: '^(latest|[0-9]{1,16})$',
  description:
    'Offset of the last event that the client has: the events after it are sent first. `latest`, the default: new events only. The header `Last-Event-ID` takes precedence.'
}
const Names = { maxLength: 20_000 }

/** The query of `GET /events/:instance/stream`. */
export const StreamQuery = Type.Object(
  {
    after: Type.Optional(Type.String(Offset)),
    log: Type.Optional(
      Type.String({
        maxLength: 1_000,
        description: '`log` of the last `resumed`, which identifies the log of `after`.'
      })
    ),
    events: Type.Optional(
      Type.String({ ...Names, description: 'Only these events: names or keys, separated by commas.' })
    ),
    filter: Type.Optional(FilterText),
    apikey: Type.Optional(Type.String({ description: 'The key, for clients that cannot send headers.' }))
  },
  { additionalProperties: false }
)
export type StreamQuery = Static<typeof StreamQuery>

/** The query of `GET /events/stream`. */
export const StreamOfAllQuery = Type.Composite(
  [
    StreamQuery,
    Type.Object({
      instances: Type.Optional(
        Type.String({ ...Names, description: 'Only these instances: names, percent-encoded, separated by commas.' })
      )
    })
  ],
  { additionalProperties: false }
)
export type StreamOfAllQuery = Static<typeof StreamOfAllQuery>

/** The reply of a stream: Server-Sent Events until the connection closes. */
export const StreamReply = {
  description: 'Server-Sent Events',
  content: { 'text/event-stream': { schema: Type.String(), example: EXAMPLE } }
}
