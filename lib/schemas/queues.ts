import { Type, type Static } from '@sinclair/typebox'
import { Nullable } from './nullable.ts'

export const QUEUE_EXAMPLE = {
  event: 'MESSAGES_UPSERT',
  name: 'sales_messages_upsert.fifo',
  url: 'https://sqs.us-east-1.amazonaws.com/123456789012/sales_messages_upsert.fifo'
}

/** A queue that `set` has created or found. */
export const InstanceQueueReply = Type.Object({ event: Type.String(), name: Type.String(), url: Type.String() })

/** The reply of `GET /sqs/queues/:instance`. */
export const QueuesReply = Type.Object(
  {
    queues: Type.Array(
      Type.Composite([
        Type.Omit(InstanceQueueReply, ['url']),
        Type.Object({ url: Nullable(Type.String(), { description: '`null` if SQS has no such queue (yet).' }) })
      ])
    )
  },
  { examples: [{ queues: [QUEUE_EXAMPLE] }] }
)
export type QueuesReply = Static<typeof QueuesReply>
