import { type Static, Type } from '@sinclair/typebox'
import { EventLogOptions } from './event-log.ts'
import { ORIGIN } from '../../http/origin.ts'
import { PRINTABLE_ASCII } from '../../text/printable-ascii.ts'

export const WebsocketOptions = Type.Object(
  {
    /** The global key, which authorizes every namespace. Without it, only instance tokens are accepted. */
    apiKey: Type.Optional(Type.String({ minLength: 1, pattern: PRINTABLE_ASCII })),
    /** The previous global key, accepted as well while clients change to the new one. */
    previousApiKey: Type.Optional(Type.String({ minLength: 1, pattern: PRINTABLE_ASCII })),
    /**
     * Sends the events of all instances to the root namespace `/`. A client with a token receives only those of its instance.
     * @default false
     */
    globalEvents: Type.Optional(Type.Boolean()),
    /**
     * Addresses and networks that connect without a key, unless through a proxy.
     * @default []
     */
    allowedHosts: Type.Optional(Type.Array(Type.String())),
    /**
     * Origins from which browsers may connect: `*`, or a list of origins as browsers send them, such as `https://app.example`.
     * @default '*'
     */
    corsOrigin: Type.Optional(Type.Union([Type.Literal('*'), Type.Array(Type.String({ pattern: ORIGIN }))])),
    /**
     * Path of the Socket.IO endpoint.
     * @default '/socket.io'
     */
    path: Type.Optional(Type.String({ pattern: '^/' })),
    /**
     * Bytes buffered for one slow client. Above this, its connection is closed; the client resumes.
     * @default 4194304
     */
    maxBufferedBytes: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Bytes buffered for all clients together. Replays wait for room; those of one instance take at most half.
     * @default 67108864
     */
    maxBufferedBytesTotal: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Milliseconds after which the connection of a client that reads nothing of its buffer is closed.
     * @default 30000
     */
    stalledAfterMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Sockets that the token of one instance may have open. Sockets with the global key do not count.
     * @default 10000
     */
    maxSocketsPerInstance: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Connections that one address may have open. An IPv6 network of 64 bits counts as one address.
     * @default 20000
     */
    maxSocketsPerAddress: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Proxies whose `X-Forwarded-For` is trusted: addresses, networks, `loopback`, `linklocal`, `uniquelocal`.
     * @default []
     */
    trustProxy: Type.Optional(Type.Array(Type.String())),
    /** Options of the event log, if the server has none yet. */
    eventLog: Type.Optional(Type.Unsafe<EventLogOptions>(EventLogOptions))
  },
  { additionalProperties: false }
)
/** Options of the plugin `websocket`. */
export interface WebsocketOptions extends Static<typeof WebsocketOptions> {}
