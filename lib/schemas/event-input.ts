import { Type, type Static } from '@sinclair/typebox'
import { MAX_DEPTH } from '../json/scan.ts'
import { Nullable } from './nullable.ts'

/** Events that one request may carry. */
export const MAX_EVENTS = 1_000
/** Characters of an id. */
export const MAX_ID_LENGTH = 128
/** Characters of `sender`, `serverUrl` and `apikey`, which messages carry even if their `data` is in S3. */
export const MAX_ORIGIN_LENGTH = 2_048
/** Members of `extra`. */
export const MAX_EXTRA_MEMBERS = 100

/** Members of every message, which `extra` must not replace. */
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
  'erased',
  'traceparent'
] as const

/** With a `type`, Ajv compares the items of a list as strings, and never calls a method of an item. */
export const TransportName = Type.Union([Type.Literal('sqs'), Type.Literal('websocket')], { type: 'string' })

/** Text that says where an event comes from. */
const OriginText = (description?: string) =>
  Type.String({ maxLength: MAX_ORIGIN_LENGTH, ...(description !== undefined && { description }) })

/** An event as the body of a request, whose path names the instance. */
export const EventBody = Type.Object(
  {
    /** Name on the wire (`messages.upsert`), or its key (`MESSAGES_UPSERT`). */
    event: Type.String({ description: 'Name on the wire, or its key.', examples: ['messages.upsert'] }),
    /** Any JSON, at most 100 levels deep. Numbers of a request body are passed on as written, those of JavaScript as numbers. */
    data: Type.Unknown({
      description: `Any JSON, at most ${MAX_DEPTH} levels deep. Numbers are passed on as written.`
    }),
    /** Idempotency key, unique within the instance, at most 128 characters. If absent, a UUIDv7 is assigned. */
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description: 'Idempotency key, unique within the instance. If absent, a UUIDv7 is assigned.'
      })
    ),
    /** Address of the instance. */
    sender: Type.Optional(Nullable(OriginText(), { description: 'Address of the instance.' })),
    /** URL of the hub. */
    serverUrl: Type.Optional(OriginText('URL of the hub.')),
    /** ISO 8601. Now, in UTC, if absent. */
    dateTime: Type.Optional(Type.String({ description: 'ISO 8601. Now, in UTC, if absent.' })),
    /** Removed unless `exposeApiKey` is set. */
    apikey: Type.Optional(OriginText('Removed unless the server exposes API keys.')),
    /** W3C trace context, version 00. If absent, that of the active span. */
    traceparent: Type.Optional(
      Type.String({
        description: 'W3C trace context, version 00. If absent, that of the active span or of the header `traceparent`.'
      })
    ),
    /** Limits the event to these transports. */
    transports: Type.Optional(
      Type.Array(TransportName, {
        description: 'Limits the event to these transports.',
        maxItems: 2,
        uniqueItems: true
      })
    ),
    /** Members that are added at the top level of the message. */
    extra: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        maxProperties: MAX_EXTRA_MEMBERS,
        description: 'Members that are added at the top level of the message.'
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

export const InstanceEventInput = Type.Object(
  {
    /** Name of the instance. */
    instance: Type.String(),
    ...EventBody.properties
  },
  { additionalProperties: false }
)
/** The argument of `onInstanceEvent` and `emit`. */
export interface InstanceEventInput extends Static<typeof InstanceEventInput> {}
