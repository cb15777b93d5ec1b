import { Type, type Static } from '@sinclair/typebox'

/** The query of `GET /events/:instance/outcome`. */
export const EventOutcomeQuery = Type.Object(
  { offset: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) },
  { additionalProperties: false }
)

/** The reply of `GET /events/:instance/outcome`. */
export const EventOutcomeReply = Type.Object(
  {
    id: Type.String({ description: 'Id of the event.' }),
    offset: Type.Integer({ minimum: 1 }),
    queues: Type.Array(
      Type.Object({
        queue: Type.String(),
        outcome: Type.Union([Type.Literal('sent'), Type.Literal('pending'), Type.Literal('dead')], {
          description:
            '`sent`: SQS has accepted it, or its dead letter was discarded. `pending`: SQS has not accepted it yet. `dead`: it is a dead letter.'
        }),
        deadLetter: Type.Optional(Type.Object({ id: Type.Integer(), reason: Type.String(), message: Type.String() }))
      }),
      { description: 'The queues of the event, by name.' }
    ),
    complete: Type.Boolean({
      description:
        'False: queues that have accepted the event may be missing, because the selection of the instance was changed or the event was erased since, or SQS is switched off now. Changed settings of the server are not recognised.'
    }),
    sockets: Type.Integer({
      minimum: 0,
      description:
        'Connected sockets and streams that have received it from this node, in this connection or, if they have resumed, in an earlier one. Those of other nodes are not counted.'
    }),
    nodes: Type.Integer({ minimum: 1, description: 'Number of nodes, this one included.' })
  },
  {
    examples: [
      {
        id: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
        offset: 4711,
        queues: [
          { queue: 'global_messages_upsert.fifo', outcome: 'pending' },
          { queue: 'sales_messages_upsert.fifo', outcome: 'sent' }
        ],
        complete: true,
        sockets: 2,
        nodes: 1
      }
    ]
  }
)
export type EventOutcomeReply = Static<typeof EventOutcomeReply>
