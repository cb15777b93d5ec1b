import { Type, type Static } from '@sinclair/typebox'
import { Nullable } from './nullable.ts'
import { NodeId, SERVER_EXAMPLE } from './server.ts'

const EXAMPLE = {
  node: SERVER_EXAMPLE.node,
  time: '2026-01-31T12:00:00.000Z',
  uptimeSeconds: 86_400.5,
  totals: { accepted: 4711, refused: 0, delivered: 4700, emitted: 9422, unloggedLines: 0 },
  lastOffset: 4711,
  pending: 11,
  maxPending: 1_000_000,
  oldestPendingAgeSeconds: 2.5,
  deadLetters: 0,
  sockets: 2,
  replaying: 0,
  nodes: 1,
  faults: [
    {
      component: 'sqs',
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED',
      queue: 'sales_messages_upsert.fifo',
      queues: 1,
      since: '2026-01-31T11:59:57.500Z'
    }
  ]
}

const Count = Type.Integer({ minimum: 0 })

/** The reply of `GET /overview`. */
export const OverviewReply = Type.Object(
  {
    node: NodeId,
    time: Type.String({ format: 'date-time' }),
    uptimeSeconds: Type.Number(),
    totals: Type.Object(
      { accepted: Count, refused: Count, delivered: Count, emitted: Count, unloggedLines: Count },
      {
        description:
          'Since this process started: events accepted, refused, delivered to SQS and sent to sockets (counted once per socket), and log lines that could not be written.'
      }
    ),
    lastOffset: Nullable(Count),
    pending: Count,
    maxPending: Count,
    oldestPendingAgeSeconds: Nullable(Type.Number({ minimum: 0 })),
    deadLetters: Nullable(Count),
    sockets: Count,
    replaying: Count,
    nodes: Count,
    faults: Type.Array(
      Type.Object({
        component: Type.String(),
        code: Type.String({ description: 'A code of this server, of AWS or of the operating system.' }),
        message: Type.String(),
        queue: Type.Optional(Type.String({ description: 'The queue that the fault has blocked longest.' })),
        queues: Type.Optional(Type.Integer({ description: 'Number of queues that the fault blocks.' })),
        since: Type.Optional(Type.String({ format: 'date-time' }))
      })
    )
  },
  { examples: [EXAMPLE] }
)
export type OverviewReply = Static<typeof OverviewReply>
