import { type Static, Type } from '@sinclair/typebox'
import { EventLogOptions } from './event-log.ts'
import { SqsOptions } from './sqs.ts'
import { WebsocketOptions } from './websocket.ts'
import { PRINTABLE_ASCII } from '../../text/printable-ascii.ts'

export const AppOptions = Type.Object(
  {
    /** Prefix of every route. */
    prefix: Type.Optional(Type.String()),
    /** The global key, at least 8 characters: it authorizes every route and namespace. */
    apiKey: Type.String({ minLength: 8, pattern: PRINTABLE_ASCII }),
    /** The previous global key, accepted as well while clients change to the new one. */
    previousApiKey: Type.Optional(Type.String({ minLength: 8, pattern: PRINTABLE_ASCII })),
    /** Options of the event log, if the server has none yet. */
    eventLog: Type.Optional(Type.Unsafe<EventLogOptions>(EventLogOptions)),
    /**
     * Options of the SQS transport; `false` leaves it out.
     * @default {}
     */
    sqs: Type.Optional(Type.Union([Type.Literal(false), Type.Unsafe<SqsOptions>(SqsOptions)])),
    /**
     * Options of the WebSocket transport; `false` leaves it out.
     * @default {}
     */
    websocket: Type.Optional(Type.Union([Type.Literal(false), Type.Unsafe<WebsocketOptions>(WebsocketOptions)])),
    /**
     * Serves OpenAPI at `/docs`, unless the server has `@fastify/swagger` already, and AsyncAPI at `/docs/asyncapi`.
     * @default true
     */
    docs: Type.Optional(Type.Boolean()),
    /**
     * Serves the operator's console at `/console`.
     * @default true
     */
    console: Type.Optional(Type.Boolean()),
    /** Name of the environment, such as `production`. The console shows it on every page. */
    environment: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    /**
     * Bytes of a request body with events, at most.
     * @default 10485760
     */
    bodyLimit: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Bytes of all request bodies with events that are not answered yet, at most. One instance has at most half of them.
     * Requests beyond are refused with `IEV_BACKPRESSURE`.
     * @default 167772160
     */
    bodiesLimit: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Secrets with which hubs sign their webhooks. Webhooks of a hub named here are refused unless they are signed. */
    hmacKeys: Type.Optional(
      Type.Object({ waha: Type.Optional(Type.String({ minLength: 1 })) }, { additionalProperties: false })
    ),
    /**
     * Derives an id for a webhook event without one, from its instance, name, `date_time` and data, so that a repeat is
     * a duplicate.
     * @default true
     */
    webhookDerivedIds: Type.Optional(Type.Boolean()),
    /**
     * Accepts a webhook event that is not in the catalogue: it is logged, and delivered to selections of all events. `refuse`: 400.
     * @default 'accept'
     */
    webhookUnknownEvents: Type.Optional(Type.Union([Type.Literal('accept'), Type.Literal('refuse')]))
  },
  { additionalProperties: false }
)
/** Options of the root plugin. */
export interface AppOptions extends Static<typeof AppOptions> {}
