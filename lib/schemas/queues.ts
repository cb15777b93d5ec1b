import { Type, type Static } from '@sinclair/typebox'
import { Nullable } from './nullable.ts'

export const QUEUE_EXAMPLE = {
  event: 'MESSAGES_UPSERT',
  name: 'sales_messages_upsert.fifo',
  url: 'https://sqs.us-east-1.amazonaws.com/123456789012/sales_messages_upsert.fifo'
}

export const OtherAttributes = Type.Array(
  Type.Object({
    name: Type.String({ description: 'The name of the attribute in the API of SQS.' }),
    value: Nullable(Type.String(), { description: 'The value of the queue; null: not set.' }),
    expected: Type.String({ description: 'The value with which this server creates queues.' })
  }),
  {
    description:
      'Attributes that an existing queue has with other values than new ones. The queue is used as it is, and never changed.'
  }
)

/** A queue of an instance. */
export const InstanceQueueReply = Type.Object({
  event: Type.String({
    description: '`UNKNOWN`: events that are not in the catalogue, which a selection of all events includes.'
  }),
  name: Type.String(),
  url: Nullable(Type.String(), {
    description: '`null` if SQS has no such queue (yet): the queue of `UNKNOWN` is created with its first event.'
  }),
  otherAttributes: Type.Optional(OtherAttributes)
})

export const AlsoSentTo = Type.Array(Type.String(), {
  description: 'Names of the shared queues that receive the same events, which are then sent to SQS twice.'
})

/** The reply of `GET /sqs/queues/:instance`. */
export const QueuesReply = Type.Object(
  {
    queues: Type.Array(InstanceQueueReply),
    alsoSentTo: AlsoSentTo
  },
  { examples: [{ queues: [QUEUE_EXAMPLE], alsoSentTo: [] }] }
)
export type QueuesReply = Static<typeof QueuesReply>
