import { Type, type Static } from '@sinclair/typebox'
import { ACTIVITY_EXAMPLE, ActivityReply } from './activity.ts'
import { Nullable } from './nullable.ts'
import { NodeId, SERVER_EXAMPLE } from './server.ts'

const EXAMPLE = {
  node: SERVER_EXAMPLE.node,
  time: '2026-01-31T12:00:00.000Z',
  uptimeSeconds: 86_400.5,
  totals: { accepted: 4711, refused: 0, rejected: 5, delivered: 4700, emitted: 9422, unloggedLines: 0 },
  lastOffset: 4711,
  pending: 11,
  maxPending: 1_000_000,
  oldestPendingAgeSeconds: 2.5,
  deadLetters: 0,
  sockets: 2,
  replaying: 0,
  nodes: 1,
  activity: {
    silenceAfterMinutes: 30,
    silent: 0,
    countedSince: null,
    oldestOpenSilenceSeconds: 1.75,
    quietest: [{ instance: 'sales', ...ACTIVITY_EXAMPLE }]
  },
  rejected: [
    {
      code: 'IEV_UNAUTHORIZED',
      message: 'The key does not authorize this request',
      route: 'POST /webhook/evolution',
      address: '172.18.0.3',
      instance: null,
      count: 5,
      firstAt: '2026-01-31T11:58:12.000Z',
      lastAt: '2026-01-31T11:59:57.500Z'
    }
  ],
  rejectedForgotten: 0,
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
      { accepted: Count, refused: Count, rejected: Count, delivered: Count, emitted: Count, unloggedLines: Count },
      {
        description:
          'Since this process started: events accepted, events refused by the log, requests with events rejected, events delivered to SQS and sent to sockets (counted once per socket), and log lines that could not be written.'
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
    activity: Type.Object({
      silenceAfterMinutes: Type.Integer({
        minimum: 0,
        description:
          'Minutes without an event after which an instance is silent, unless it has its own value; 0: never.'
      }),
      silent: Type.Integer({ minimum: 0, description: 'Number of silent instances.' }),
      countedSince: Nullable(Type.String({ format: 'date-time' }), {
        description: 'Time from which events are counted so far, after a start; null once all are counted.'
      }),
      oldestOpenSilenceSeconds: Type.Number({
        minimum: 0,
        description: 'Seconds since the last event of the quietest instance whose connection is `open`.'
      }),
      quietest: Type.Array(Type.Composite([Type.Object({ instance: Type.String() }), ActivityReply]), {
        description: 'The ten instances whose last event is the oldest, of those whose connection is `open` or unknown.'
      })
    }),
    rejected: Type.Array(
      Type.Object({
        code: Type.String(),
        message: Type.String({ description: 'Reason of the last rejection, without anything of the key or the body.' }),
        route: Type.String({ description: 'Method and path of the route.' }),
        address: Type.String({
          description: 'Address of the client; an IPv6 network of 64 bits counts as one client.'
        }),
        instance: Nullable(Type.String(), {
          description: 'The instance, if it is registered and the request names it.'
        }),
        count: Type.Integer({ minimum: 1 }),
        firstAt: Type.String({ format: 'date-time' }),
        lastAt: Type.String({ format: 'date-time' })
      }),
      {
        description:
          'Requests with events that this node has rejected since it started, latest first: one entry for each code, route, instance and client. When there are too many entries, those seen in the fewest minutes are dropped first.'
      }
    ),
    rejectedForgotten: Type.Integer({
      minimum: 0,
      description: 'Number of entries that were dropped from `rejected`.'
    }),
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
