import { Type, type Static } from '@sinclair/typebox'
import { ACTIVITY_EXAMPLE, ActivityReply } from './activity.ts'
import { Nullable } from './nullable.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'

const Count = Type.Integer({ minimum: 0 })
const Age = Nullable(Type.Number({ minimum: 0 }), {
  description: 'Seconds since the oldest of its pending events was accepted; null: nothing is pending.'
})

/** The query of `GET /overview/queues`. */
export const QueueStatesQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
    after: Type.Optional(
      Type.String({
        pattern: '^[0-3]\\.[0-9]{1,16}\\.[A-Za-z0-9_.-]{1,80}$',
        description: 'The `after` of the page before.'
      })
    )
  },
  { additionalProperties: false }
)

/** The reply of `GET /overview/queues`. */
export const QueueStatesReply = Type.Object(
  {
    queues: Type.Array(
      Type.Object({
        queue: Type.String(),
        pending: Count,
        oldestPendingAgeSeconds: Age,
        deadLetters: Count,
        lastSentAt: Nullable(Type.String({ format: 'date-time' }), {
          description: 'Time of the last delivery by this node; null: none since the start.'
        }),
        sentLastMinute: Type.Integer({ minimum: 0, description: 'Deliveries of the last minute, by this node.' }),
        fault: Nullable(
          Type.Object({
            code: Type.String({ description: 'A code of this server, of AWS or of the operating system.' }),
            message: Type.String(),
            since: Type.String({ format: 'date-time' })
          }),
          { description: 'Why the queue accepts nothing from this node; null if it accepts events.' }
        )
      }),
      {
        description:
          'Queues with a fault first, then with dead letters, then with pending events, of these the oldest first, then the others by name.'
      }
    ),
    after: Nullable(Type.String(), { description: 'Continue with `after`; null: there are no more.' }),
    total: Type.Integer({ minimum: 0, description: 'Number of all queues.' })
  },
  {
    examples: [
      {
        queues: [
          {
            queue: 'sales_messages_upsert.fifo',
            pending: 11,
            oldestPendingAgeSeconds: 312.5,
            deadLetters: 0,
            lastSentAt: '2026-01-31T11:54:47.250Z',
            sentLastMinute: 0,
            fault: {
              code: 'AccessDenied',
              message: 'Access to the resource is denied',
              since: '2026-01-31T11:54:47.500Z'
            }
          }
        ],
        after: null,
        total: 1
      }
    ]
  }
)
export type QueueStatesReply = Static<typeof QueueStatesReply>

/** The query of `GET /overview/instances`. */
export const InstanceStatesQuery = Type.Object(
  { limit: Type.Integer({ minimum: 1, maximum: 100, default: 10 }) },
  { additionalProperties: false }
)

/** The reply of `GET /overview/instances`. */
export const InstanceStatesReply = Type.Object(
  {
    instances: Type.Array(
      Type.Composite([
        Type.Object({ instance: Type.String() }),
        ActivityReply,
        Type.Object({ pending: Count, oldestPendingAgeSeconds: Age, deadLetters: Count })
      ]),
      {
        description:
          'Silent instances first, then those with an event that is pending for more than a minute, then those with dead letters, then the others whose connection is `open` or unknown. Of each kind, the one whose last event is the oldest comes first.'
      }
    )
  },
  {
    examples: [
      {
        instances: [
          { instance: 'sales', ...ACTIVITY_EXAMPLE, pending: 11, oldestPendingAgeSeconds: 312.5, deadLetters: 0 }
        ]
      }
    ]
  }
)
export type InstanceStatesReply = Static<typeof InstanceStatesReply>
