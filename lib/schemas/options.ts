import { type Static, Type } from '@sinclair/typebox'
import type { CatalogueOptions } from '../events/catalogue.ts'
import type { SqsClientLike } from '../sqs/client-like.ts'
import type { EventStore } from '../store/event-store.ts'

/**
 * Each schema has an interface of its name: what extends `Static` keeps the docstrings and the name in declarations, where an
 * alias is spelled out without them. `Type.Unsafe` is the same schema under the name of its interface.
 */
const strict = { additionalProperties: false } as const
const PositiveInteger = Type.Integer({ minimum: 1 })

export const Credentials = Type.Object(
  {
    /** Id of the access key. */
    accessKeyId: Type.String({ minLength: 1 }),
    /** Its secret. */
    secretAccessKey: Type.String({ minLength: 1 }),
    /** Token of temporary credentials. */
    sessionToken: Type.Optional(Type.String())
  },
  strict
)
export interface Credentials extends Static<typeof Credentials> {}

export const EventLogOptions = Type.Object(
  {
    /**
     * Where the log is: `file:<path>`, `:memory:` or `postgres://<user>:<password>@<host>/<database>`.
     * @default 'file:./data/instance-events.db'
     */
    url: Type.Optional(Type.String()),
    /** A store of your own making; it is not closed with the server. */
    store: Type.Optional(Type.Unsafe<EventStore>(Type.Object({}))),
    /**
     * Events besides Evolution API's, or instead of them.
     * @default Evolution API's
     */
    events: Type.Optional(Type.Unsafe<CatalogueOptions>(Type.Object({ names: Type.Array(Type.String()) }))),
    /**
     * `server_url` of messages whose event brings none.
     * @default ''
     */
    serverUrl: Type.Optional(Type.String()),
    /**
     * Whether messages carry the `apikey` that an event came with.
     * @default false
     */
    exposeApiKey: Type.Optional(Type.Boolean()),
    /**
     * Whether an event or a selection of an unknown instance registers it.
     * @default true
     */
    autoRegister: Type.Optional(Type.Boolean()),
    /**
     * Whether events that nobody selected are logged, for replay.
     * @default true
     */
    logUnselected: Type.Optional(Type.Boolean()),
    /**
     * Hours after which events leave the log; one that is still to be delivered stays.
     * @default 24
     */
    retentionHours: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /**
     * Bytes beyond which the oldest events leave the log early.
     * @default 10737418240
     */
    retentionMaxBytes: Type.Optional(PositiveInteger),
    /**
     * Pending deliveries beyond which events are refused with `IEV_BACKPRESSURE`.
     * @default 1000000
     */
    maxPendingDeliveries: Type.Optional(PositiveInteger)
  },
  strict
)
export interface EventLogOptions extends Static<typeof EventLogOptions> {}

export const SqsGlobalOptions = Type.Object(
  {
    /**
     * First part of the shared queues' names.
     * @default 'global'
     */
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' })),
    /**
     * Event keys that go to the shared queues, or `*`.
     * @default '*'
     */
    events: Type.Optional(Type.Union([Type.Literal('*'), Type.Array(Type.String())])),
    /**
     * One queue for all events, instead of one for each.
     * @default false
     */
    singleQueue: Type.Optional(Type.Boolean())
  },
  strict
)
export interface SqsGlobalOptions extends Static<typeof SqsGlobalOptions> {}

export const S3Options = Type.Object(
  {
    /** A private bucket; it is not made. */
    bucket: Type.String({ minLength: 3, maxLength: 63 }),
    /**
     * First part of object keys: `<prefix>/<instance>/<id>.json`.
     * @default 'instance-events'
     */
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._/-]{1,200}$' })),
    /**
     * AWS region.
     * @default the SDK's own chain
     */
    region: Type.Optional(Type.String({ minLength: 1 })),
    /** URL of MinIO, LocalStack or another S3. */
    endpoint: Type.Optional(Type.String({ pattern: '^https?://' })),
    /**
     * Static credentials.
     * @default the SDK's own chain
     */
    credentials: Type.Optional(Type.Unsafe<Credentials>(Credentials)),
    /**
     * Seconds for which `fileUrl` opens the object; at most seven days.
     * @default 604800
     */
    urlExpiresSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 }))
  },
  strict
)
export interface S3Options extends Static<typeof S3Options> {}

export const SqsOptions = Type.Object(
  {
    /** A client of your own making: an `SQSClient`, a mock of one, or an object with `send`. It is not destroyed with the server. */
    client: Type.Optional(Type.Unsafe<SqsClientLike>(Type.Object({ send: Type.Function([], Type.Any()) }))),
    /**
     * AWS region.
     * @default the SDK's own chain (`AWS_REGION`, profile)
     */
    region: Type.Optional(Type.String({ minLength: 1 })),
    /** URL of ElasticMQ, LocalStack or a VPC endpoint; then every call goes there. */
    endpoint: Type.Optional(Type.String({ pattern: '^https?://' })),
    /**
     * Static credentials.
     * @default the SDK's own chain (environment, profile, role)
     */
    credentials: Type.Optional(Type.Unsafe<Credentials>(Credentials)),
    /** Account that owns queues made beforehand, if it is not the caller's. */
    accountId: Type.Optional(Type.String({ pattern: '^[0-9]{12}$' })),
    /**
     * Shared queues for all instances, on top of each instance's own.
     * @default false
     */
    global: Type.Optional(Type.Union([Type.Literal(false), Type.Unsafe<SqsGlobalOptions>(SqsGlobalOptions)])),
    /**
     * `standard` gives up order and deduplication.
     * @default 'fifo'
     */
    queueType: Type.Optional(Type.Union([Type.Literal('fifo'), Type.Literal('standard')])),
    /**
     * SendMessageBatch calls on their way at once.
     * @default 32
     */
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 512 })),
    /**
     * Bytes of a message, attributes included, beyond which it becomes a dead letter.
     * @default 1048576
     */
    maxPayloadBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 1_048_576 })),
    /**
     * Tries after which an event that SQS refuses for good (access denied, invalid) becomes a dead letter: of a queue that
     * denies access, about two minutes. Everything else is tried for as long as it fails.
     * @default 10
     */
    maxAttempts: Type.Optional(PositiveInteger),
    /** Gives each queue a dead-letter queue of SQS's own (`…-dlq`), for messages that consumers received so many times. */
    dlqMaxReceives: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    /**
     * Where messages go that are too large for SQS; the queue then gets a reference. Needs `@aws-sdk/client-s3` and
     * `@aws-sdk/s3-request-presigner`.
     */
    s3: Type.Optional(Type.Unsafe<S3Options>(S3Options)),
    /**
     * `server` of messages.
     * @default 'instance-events'
     */
    serverName: Type.Optional(Type.String()),
    /**
     * Whether queues that no selection needs any more are deleted, if we made them and they are empty.
     * @default false
     */
    deleteUnusedQueues: Type.Optional(Type.Boolean()),
    /**
     * Milliseconds that a connection to SQS may take.
     * @default 3000
     */
    connectTimeoutMs: Type.Optional(PositiveInteger),
    /**
     * Milliseconds of one call to SQS, from the lookup of credentials to the end of the answer.
     * @default 10000
     */
    requestTimeoutMs: Type.Optional(PositiveInteger),
    /**
     * How long closing waits for calls on their way; what they carry is sent again after the next start.
     * @default 10000
     */
    shutdownTimeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Options of the event log, when the server has none yet. */
    eventLog: Type.Optional(Type.Unsafe<EventLogOptions>(EventLogOptions))
  },
  strict
)
export interface SqsOptions extends Static<typeof SqsOptions> {}

export const WebsocketOptions = Type.Object(
  {
    /** The global key: admitted to every namespace. Without it only instance tokens are. */
    apiKey: Type.Optional(Type.String({ minLength: 1 })),
    /**
     * Whether the root namespace `/` carries the events of all instances.
     * @default false
     */
    globalEvents: Type.Optional(Type.Boolean()),
    /**
     * Addresses admitted without a key, when the request came through no proxy.
     * @default []
     */
    allowedHosts: Type.Optional(Type.Array(Type.String())),
    /**
     * Origins of browsers: `*`, or a list.
     * @default '*'
     */
    corsOrigin: Type.Optional(Type.Union([Type.Literal('*'), Type.Array(Type.String())])),
    /**
     * Path of the Socket.IO endpoint.
     * @default '/socket.io'
     */
    path: Type.Optional(Type.String({ pattern: '^/' })),
    /**
     * Bytes that may wait for a client that reads slowly; beyond, its connection is closed, and it resumes.
     * @default 4194304
     */
    maxBufferedBytes: Type.Optional(PositiveInteger),
    /**
     * Bytes that may wait for all clients together. Replays wait while there is no room, one instance's take at most half.
     * @default 67108864
     */
    maxBufferedBytesTotal: Type.Optional(PositiveInteger),
    /**
     * Milliseconds after which the connection of a client that takes nothing of what waits for it is closed.
     * @default 30000
     */
    stalledAfterMs: Type.Optional(PositiveInteger),
    /**
     * Sockets that the token of one instance may have open. Those opened with the global key do not count.
     * @default 10000
     */
    maxSocketsPerInstance: Type.Optional(PositiveInteger),
    /**
     * Connections that one address may have open; an IPv6 network of 64 bits is one address.
     * @default 20000
     */
    maxSocketsPerAddress: Type.Optional(PositiveInteger),
    /**
     * Different wrong keys that one address may try in a minute before none of its keys is looked at.
     * @default 20
     */
    wrongKeysPerMinute: Type.Optional(PositiveInteger),
    /**
     * Proxies whose `X-Forwarded-For` says whose connection it is: addresses, networks, `loopback`, `linklocal`, `uniquelocal`.
     * @default []
     */
    trustProxy: Type.Optional(Type.Array(Type.String())),
    /** Options of the event log, when the server has none yet. */
    eventLog: Type.Optional(Type.Unsafe<EventLogOptions>(EventLogOptions))
  },
  strict
)
export interface WebsocketOptions extends Static<typeof WebsocketOptions> {}

export const AppOptions = Type.Object(
  {
    /** Put before every route. */
    prefix: Type.Optional(Type.String()),
    /** The global key, at least 8 characters: opens every route and namespace. */
    apiKey: Type.String({ minLength: 8 }),
    /** Options of the event log, when the server has none yet. */
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
     * OpenAPI page at `/docs`, unless the server has `@fastify/swagger` already, and AsyncAPI at `/docs/asyncapi`.
     * @default true
     */
    docs: Type.Optional(Type.Boolean()),
    /**
     * The operator's console at `/console`.
     * @default true
     */
    console: Type.Optional(Type.Boolean()),
    /**
     * Bytes of a request body.
     * @default 10485760
     */
    bodyLimit: Type.Optional(PositiveInteger)
  },
  strict
)
export interface AppOptions extends Static<typeof AppOptions> {}
