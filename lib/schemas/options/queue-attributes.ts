import { type Static, Type } from '@sinclair/typebox'

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
export const RETENTION_SECONDS = { minimum: 60, maximum: 1_209_600 }
export const VISIBILITY_SECONDS = { minimum: 0, maximum: 43_200 }
export const DELAY_SECONDS = { minimum: 0, maximum: 900 }
/** The id, ARN or alias of a key of KMS. */
export const KMS_KEY_ID = '^[A-Za-z0-9:/_-]{1,2048}$'

export const QueueAttributes = Type.Object(
  {
    /**
     * Seconds for which SQS keeps a message.
     * @default four days, as SQS does
     */
    messageRetentionSeconds: Type.Optional(Type.Integer(RETENTION_SECONDS)),
    /**
     * Seconds for which a received message is hidden from other consumers.
     * @default 30 seconds, as SQS does
     */
    visibilityTimeoutSeconds: Type.Optional(Type.Integer(VISIBILITY_SECONDS)),
    /**
     * Seconds after which a message can be received.
     * @default 0
     */
    delaySeconds: Type.Optional(Type.Integer(DELAY_SECONDS)),
    /** Encrypts messages with this key of AWS KMS (SSE-KMS): its id, ARN or alias. */
    kmsKeyId: Type.Optional(Type.String({ pattern: KMS_KEY_ID })),
    /**
     * Encrypts messages with keys of SQS (SSE-SQS); `false`: no encryption. Not together with `kmsKeyId`.
     * @default as SQS does
     */
    sqsManagedSse: Type.Optional(Type.Boolean()),
    /** Tags, in addition to `managed-by`, `instance` and `event`. */
    tags: Type.Optional(Type.Record(Type.String(), Type.String()))
  },
  { additionalProperties: false }
)
/** Attributes and tags with which queues are created. */
export interface QueueAttributes extends Static<typeof QueueAttributes> {}

export const QueueAttributesByKind = Type.Object(
  {
    /** Of all queues. */
    all: Type.Optional(Type.Unsafe<QueueAttributes>(QueueAttributes)),
    /** Of the queues that all instances share: each takes precedence over that of `all`; tags are added. */
    shared: Type.Optional(Type.Unsafe<QueueAttributes>(QueueAttributes)),
    /** Of the queues of single instances, in the same way. */
    own: Type.Optional(Type.Unsafe<QueueAttributes>(QueueAttributes)),
    /** Of dead-letter queues (`dlqMaxReceives`), in the same way. */
    deadLetter: Type.Optional(Type.Unsafe<QueueAttributes>(QueueAttributes))
  },
  { additionalProperties: false }
)
/** Attributes and tags with which queues are created, by kind. */
export interface QueueAttributesByKind extends Static<typeof QueueAttributesByKind> {}
