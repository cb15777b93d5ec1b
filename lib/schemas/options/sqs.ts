import { type Static, Type } from '@sinclair/typebox'
import type { SqsClientLike } from '../../sqs/client-like.ts'
import { EventLogOptions } from './event-log.ts'
import { QueueAttributesByKind } from './queue-attributes.ts'

export const Credentials = Type.Object(
  {
    /** Access key id. */
    accessKeyId: Type.String({ minLength: 1 }),
    /** Secret access key. */
    secretAccessKey: Type.String({ minLength: 1 }),
    /** Session token of temporary credentials. */
    sessionToken: Type.Optional(Type.String())
  },
  { additionalProperties: false }
)
/** AWS credentials. */
export interface Credentials extends Static<typeof Credentials> {}

export const SqsGlobalOptions = Type.Object(
  {
    /**
     * Prefix of the names of the shared queues.
     * @default 'global'
     */
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' })),
    /**
     * Keys of the events that are sent to the shared queues, or `*`.
     * @default '*'
     */
    events: Type.Optional(Type.Union([Type.Literal('*'), Type.Array(Type.String())])),
    /**
     * One queue for all events, instead of one for each.
     * @default false
     */
    singleQueue: Type.Optional(Type.Boolean()),
    /**
     * Leaves an event out of the shared queues if the selection of its instance delivers it to the instance's own queue.
     * An event that the selection does not include, or that its filter leaves out, still goes to the shared queues.
     * @default false
     */
    unlessOwn: Type.Optional(Type.Boolean())
  },
  { additionalProperties: false }
)
/** Options of the queues that all instances share. */
export interface SqsGlobalOptions extends Static<typeof SqsGlobalOptions> {}

export const S3Options = Type.Object(
  {
    /** A private bucket, which must exist. */
    bucket: Type.String({ minLength: 3, maxLength: 63 }),
    /**
     * Prefix of object keys: `<prefix>/<instance>/<id>.json`.
     * @default 'instance-events'
     */
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._/-]{1,200}$' })),
    /**
     * AWS region.
     * @default as the AWS SDK finds it
     */
    region: Type.Optional(Type.String({ minLength: 1 })),
    /** URL of MinIO, LocalStack or another S3-compatible service. */
    endpoint: Type.Optional(Type.String({ pattern: '^https?://' })),
    /**
     * Static credentials.
     * @default as the AWS SDK finds them
     */
    credentials: Type.Optional(Type.Unsafe<Credentials>(Credentials)),
    /**
     * Seconds for which `fileUrl` is valid; at most seven days.
     * @default 604800
     */
    urlExpiresSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 }))
  },
  { additionalProperties: false }
)
/** Options of the bucket for messages that are too large for SQS. */
export interface S3Options extends Static<typeof S3Options> {}

export const SqsOptions = Type.Object(
  {
    /** A client of your own: an `SQSClient`, a mock of one, or an object with `send`. It is not destroyed with the server. */
    client: Type.Optional(Type.Unsafe<SqsClientLike>(Type.Object({ send: Type.Function([], Type.Any()) }))),
    /**
     * AWS region.
     * @default as the AWS SDK finds it (`AWS_REGION`, profile)
     */
    region: Type.Optional(Type.String({ minLength: 1 })),
    /** URL of ElasticMQ, LocalStack or a VPC endpoint, used for every call. */
    endpoint: Type.Optional(Type.String({ pattern: '^https?://' })),
    /**
     * Static credentials.
     * @default as the AWS SDK finds them (environment, profile, role)
     */
    credentials: Type.Optional(Type.Unsafe<Credentials>(Credentials)),
    /** AWS account that owns queues created beforehand, if it is not the caller's. */
    accountId: Type.Optional(Type.String({ pattern: '^[0-9]{12}$' })),
    /**
     * Shared queues for all instances, in addition to each instance's own.
     * @default false
     */
    global: Type.Optional(Type.Union([Type.Literal(false), Type.Unsafe<SqsGlobalOptions>(SqsGlobalOptions)])),
    /**
     * Type of the queues. `standard` gives up order and deduplication.
     * @default 'fifo'
     */
    queueType: Type.Optional(Type.Union([Type.Literal('fifo'), Type.Literal('standard')])),
    /**
     * Sends the instance as message group to standard queues, too. SQS then keeps the waiting time of an instance short while
     * others have many messages ("fair queues"), for an additional price per request.
     * @default true
     */
    fairQueues: Type.Optional(Type.Boolean()),
    /**
     * SendMessageBatch calls in flight at once.
     * @default 32, with more than 1,600 queues one for each 50, at most 256
     */
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 512 })),
    /**
     * Bytes of a message, attributes included, above which it becomes a dead letter.
     * @default 1048576
     */
    maxPayloadBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 1_048_576 })),
    /**
     * Attempts after which an event with a permanent failure (access denied, invalid message) becomes a dead letter; for a
     * queue that denies access, about two minutes. Other failures are retried for as long as they last.
     * @default 10
     */
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Gives each new queue a dead-letter queue of SQS (`…-dlq`), for messages that were received this many times. */
    dlqMaxReceives: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    /** Attributes and tags with which queues are created. Existing queues are used as they are, and never changed. */
    queueAttributes: Type.Optional(Type.Unsafe<QueueAttributesByKind>(QueueAttributesByKind)),
    /**
     * Bucket for messages that are too large for SQS; the queue then gets a reference. Needs `@aws-sdk/client-s3` and
     * `@aws-sdk/s3-request-presigner`.
     */
    s3: Type.Optional(Type.Unsafe<S3Options>(S3Options)),
    /**
     * `server` of messages.
     * @default 'instance-events'
     */
    serverName: Type.Optional(Type.String()),
    /**
     * Deletes empty queues that this server created when no selection needs them any more.
     * @default false
     */
    deleteUnusedQueues: Type.Optional(Type.Boolean()),
    /**
     * Milliseconds after which a queue has to be unused and empty still, to be deleted. AWS's counts may be a minute old, or more.
     * @default 120000
     */
    deleteUnusedAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /**
     * Milliseconds for a connection to SQS to open.
     * @default 3000
     */
    connectTimeoutMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Milliseconds for one call to SQS, from the lookup of credentials to the end of the answer.
     * @default 10000
     */
    requestTimeoutMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Milliseconds for which closing the server waits for calls in flight. Their events are sent again after the next start.
     * @default 10000
     */
    shutdownTimeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Options of the event log, if the server has none yet. */
    eventLog: Type.Optional(Type.Unsafe<EventLogOptions>(EventLogOptions))
  },
  { additionalProperties: false }
)
/** Options of the plugin `sqs`. */
export interface SqsOptions extends Static<typeof SqsOptions> {}
