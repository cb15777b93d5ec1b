import { Type, type Static } from '@sinclair/typebox'
import { MAX_DEPTH } from '../json/scan.ts'

export const MAX_ID_LENGTH = 128
/** What comes beside `data`, at the top level of a message. */
export const MAX_EXTRA_MEMBERS = 100

/** Members that messages have already: `extra` must not replace them. */
export const RESERVED_MEMBERS = [
  'event',
  'instance',
  'dataType',
  'data',
  'server',
  'server_url',
  'date_time',
  'sender',
  'apikey',
  'id',
  'offset',
  'traceparent'
] as const

export const TransportName = Type.Union([Type.Literal('sqs'), Type.Literal('websocket')])

/** An event as a request body carries it: the instance is in the path. */
export const EventBody = Type.Object(
  {
    event: Type.String({ description: 'Name on the wire, or its key.', examples: ['messages.upsert'] }),
    data: Type.Unknown({
      description: `Any JSON, at most ${MAX_DEPTH} levels deep. Its numbers stay as they are written.`
    }),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description: 'Idempotency key within the instance. A UUIDv7 is assigned if absent.'
      })
    ),
    sender: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'Address of the instance.' })),
    serverUrl: Type.Optional(Type.String({ description: "The hub's own URL." })),
    dateTime: Type.Optional(Type.String({ description: 'ISO 8601. Now, in UTC, if absent.' })),
    apikey: Type.Optional(Type.String({ description: 'Dropped unless the server exposes API keys.' })),
    traceparent: Type.Optional(
      Type.String({
        description:
          'W3C trace context, version 00. If absent: that of the active span, or of the header `traceparent`.'
      })
    ),
    transports: Type.Optional(
      Type.Array(TransportName, { description: 'Only these transports.', maxItems: 2, uniqueItems: true })
    ),
    extra: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        maxProperties: MAX_EXTRA_MEMBERS,
        description: 'Spread at the top level of the message.'
      })
    )
  },
  { additionalProperties: false }
)
export type EventBody = Static<typeof EventBody>

/** What `onInstanceEvent` takes. */
export const InstanceEventInput = Type.Composite([Type.Object({ instance: Type.String() }), EventBody], {
  additionalProperties: false
})
export type InstanceEventInput = Static<typeof InstanceEventInput>
