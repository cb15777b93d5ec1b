import { Type, type Static } from '@sinclair/typebox'
import { paramsOf } from './error-replies.ts'
import { Nullable } from './nullable.ts'
import { OtherAttributes } from './queues.ts'
import { NodeId, SERVER_EXAMPLE } from './server.ts'

const EXAMPLE = {
  node: SERVER_EXAMPLE.node,
  time: '2026-01-31T12:00:00.000Z',
  uptimeSeconds: 86_400.5,
  totals: { accepted: 4711, refused: 0, rejected: 5, delivered: 4700, emitted: 9422, unloggedLines: 0 },
  lastOffset: 4711,
  lastEventAt: '2026-01-31T11:59:59.700Z',
  pending: 11,
  maxPending: 1_000_000,
  oldestPendingAgeSeconds: 2.5,
  oldestPending: { queue: 'sales_messages_upsert.fifo', unchangedSeconds: 2.25 },
  deadLetters: 0,
  sockets: 2,
  streams: 1,
  longPolls: 0,
  replaying: 0,
  nodes: 1,
  activity: {
    silenceAfterMinutes: 30,
    silent: 0,
    countedSince: null,
    oldestOpenSilenceSeconds: 1.75,
    longestSilent: []
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
  differingQueues: {
    count: 1,
    queues: [
      {
        name: 'global_call.fifo',
        otherAttributes: [{ name: 'MessageRetentionPeriod', value: '345600', expected: '1209600' }]
      }
    ]
  },
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
    lastEventAt: Nullable(Type.String({ format: 'date-time' }), {
      description: 'Time at which the last event in the log was accepted, on any node.'
    }),
    pending: Count,
    maxPending: Count,
    oldestPendingAgeSeconds: Nullable(Type.Number({ minimum: 0 })),
    oldestPending: Nullable(
      Type.Object({
        queue: Type.String(),
        unchangedSeconds: Type.Number({
          minimum: 0,
          description: 'Seconds since this process first saw it as the oldest.'
        })
      }),
      { description: 'The delivery that has been pending for the longest time; null: nothing is pending.' }
    ),
    deadLetters: Nullable(Count),
    sockets: Type.Integer({ minimum: 0, description: 'Listening sockets and streams of this node.' }),
    streams: Type.Integer({ minimum: 0, description: 'Open streams of Server-Sent Events, which `sockets` includes.' }),
    longPolls: Type.Integer({ minimum: 0, description: 'Requests that wait for the next event.' }),
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
      longestSilent: Type.Array(Type.String(), {
        description: 'The three silent instances whose last event is the oldest, oldest first.'
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
    differingQueues: Type.Object(
      {
        count: Type.Integer({ minimum: 0 }),
        queues: Type.Array(Type.Object({ name: Type.String(), otherAttributes: OtherAttributes }), {
          description: 'The first 20 of them.'
        })
      },
      {
        description:
          'Existing queues whose attributes differ from those of new queues. Lists those that this node has read from SQS.'
      }
    ),
    faults: Type.Array(
      Type.Object({
        component: Type.String(),
        code: Type.String({ description: 'A code of this server, of AWS or of the operating system.' }),
        message: Type.String(),
        params: Type.Optional(paramsOf('The parts of the message, as in error replies, for translation.')),
        queue: Type.Optional(Type.String({ description: 'The queue that the fault has blocked longest.' })),
        queues: Type.Optional(Type.Integer({ description: 'Number of queues that the fault blocks.' })),
        since: Type.Optional(Type.String({ format: 'date-time' }))
      })
    )
  },
  { examples: [EXAMPLE] }
)
export type OverviewReply = Static<typeof OverviewReply>

/** The reply of `GET /overview/history`. */
export const OverviewHistoryReply = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'The time now, by the clock of the samples.' }),
    samples: Type.Array(
      Type.Object({
        time: Type.String({ format: 'date-time' }),
        accepted: Nullable(Type.Number({ minimum: 0 }), {
          description: 'Events per second that all nodes have accepted since the sample before; null: not known.'
        }),
        delivered: Nullable(Type.Number({ minimum: 0 }), {
          description: 'Deliveries per second of all nodes since the sample before; null: not known.'
        }),
        pending: Count,
        oldestPendingAgeSeconds: Nullable(Type.Number({ minimum: 0 })),
        deadLetters: Count,
        sockets: Type.Integer({ minimum: 0, description: 'Sockets of all nodes.' })
      }),
      {
        description:
          'One for every ten seconds of the last hour, oldest first: on SQLite since the start, on PostgreSQL since any node has run.'
      }
    )
  },
  {
    examples: [
      {
        time: EXAMPLE.time,
        samples: [
          {
            time: '2026-01-31T11:59:50.000Z',
            accepted: 11.2,
            delivered: 10.9,
            pending: 11,
            oldestPendingAgeSeconds: 2.5,
            deadLetters: 0,
            sockets: 2
          }
        ]
      }
    ]
  }
)
export type OverviewHistoryReply = Static<typeof OverviewHistoryReply>
