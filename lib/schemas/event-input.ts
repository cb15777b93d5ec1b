import { Type, type Static } from '@sinclair/typebox'
import { MAX_DEPTH } from '../json/scan.ts'

/** Events that one request may carry. */
export const MAX_EVENTS = 1_000
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

/** With its type named, Ajv compares the items of a list as texts, and calls no method of what else a list may have. */
export const TransportName = Type.Union([Type.Literal('sqs'), Type.Literal('websocket')], { type: 'string' })

/** An event as a request body carries it: the instance is in the path. */
export const EventBody = Type.Object(
  {
    /** Name on the wire (`messages.upsert`), or its key (`MESSAGES_UPSERT`). */
    event: Type.String({ description: 'Name on the wire, or its key.', examples: ['messages.upsert'] }),
    /** Any JSON, at most 100 levels deep. Its numbers stay as they are written in a request; here they are JavaScript's. */
    data: Type.Unknown({
      description: `Any JSON, at most ${MAX_DEPTH} levels deep. Its numbers stay as they are written.`
    }),
    /** Idempotency key within the instance, at most 128 characters. A UUIDv7 is assigned if absent. */
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description: 'Idempotency key within the instance. A UUIDv7 is assigned if absent.'
      })
    ),
    /** Address of the instance. */
    sender: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'Address of the instance.' })),
    /** The hub's own URL. */
    serverUrl: Type.Optional(Type.String({ description: "The hub's own URL." })),
    /** ISO 8601. Now, in UTC, if absent. */
    dateTime: Type.Optional(Type.String({ description: 'ISO 8601. Now, in UTC, if absent.' })),
    /** Dropped unless `exposeApiKey` is set. */
    apikey: Type.Optional(Type.String({ description: 'Dropped unless the server exposes API keys.' })),
    /** W3C trace context, version 00. That of the active span if absent. */
    traceparent: Type.Optional(
      Type.String({
        description:
          'W3C trace context, version 00. If absent: that of the active span, or of the header `traceparent`.'
      })
    ),
    /** Only these transports. */
    transports: Type.Optional(
      Type.Array(TransportName, { description: 'Only these transports.', maxItems: 2, uniqueItems: true })
    ),
    /** Spread at the top level of the message. */
    extra: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        maxProperties: MAX_EXTRA_MEMBERS,
        description: 'Spread at the top level of the message.'
      })
    )
  },
  { additionalProperties: false }
)
export interface EventBody extends Static<typeof EventBody> {}

/** The body of `POST /events/:instance`. As if/then/else, so that errors describe the form that the caller used. */
export const EventsBody = Type.Unsafe<EventBody | EventBody[]>({
  description: `One event, or an array of up to ${MAX_EVENTS}: all are accepted, or none.`,
  if: { type: 'array' },
  then: Type.Array(EventBody, { minItems: 1, maxItems: MAX_EVENTS }),
  else: EventBody,
  examples: [{ event: 'messages.upsert', data: { message: { conversation: 'Oi, tudo bem?' } } }]
})

/** What `onInstanceEvent` takes. */
export const InstanceEventInput = Type.Object(
  {
    /** Name of the instance. */
    instance: Type.String(),
    ...EventBody.properties
  },
  { additionalProperties: false }
)
/** An event, as `onInstanceEvent` and `emit` take it. */
export interface InstanceEventInput extends Static<typeof InstanceEventInput> {}
