import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { overview } from '../lib/operation/overview.ts'
import { packageVersion } from '../lib/package-version.ts'
import type { Readiness } from '../lib/operation/readiness.ts'
import { errorReplies, Nullable } from '../lib/schemas/replies.ts'
import type { SqsMode } from '../lib/sqs/emitter.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { identityOf, opensTo } from './keys.ts'

export interface ServerRoutesOptions {
  readiness: Readiness
}

const Node = Type.String({ description: 'Of this process: another one after a restart, and on every node.' })

export const ServerReply = Type.Object({
  version: Type.String(),
  node: Node,
  identity: Type.Object(
    { kind: Type.Union([Type.Literal('global'), Type.Literal('instance')]), instance: Type.Optional(Type.String()) },
    { description: 'Whose key this is.' }
  ),
  sqs: Nullable(
    Type.Object({
      queueType: Type.Union([Type.Literal('fifo'), Type.Literal('standard')]),
      global: Nullable(
        Type.Object({ prefix: Type.String(), singleQueue: Type.Boolean(), events: Type.Array(Type.String()) })
      )
    })
  ),
  websocket: Nullable(Type.Object({ path: Type.String(), globalEvents: Type.Boolean() })),
  events: Type.Array(Type.Object({ name: Type.String(), key: Type.String(), inAll: Type.Boolean() }))
})

const Count = Type.Integer({ minimum: 0 })
export const OverviewReply = Type.Object({
  node: Node,
  time: Type.String({ format: 'date-time' }),
  uptimeSeconds: Type.Number(),
  totals: Type.Object(
    { accepted: Count, refused: Count, delivered: Count, emitted: Count, unloggedLines: Count },
    {
      description:
        'Of this process since it was started: events in, refused, to SQS, to sockets (each one counted); lines of its log that could not be written.'
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
      code: Type.String({ description: 'A code of ours, of AWS, or the system’s.' }),
      message: Type.String(),
      queue: Type.Optional(Type.String({ description: 'The one that it holds back longest.' })),
      queues: Type.Optional(Type.Integer({ description: 'How many it holds back.' })),
      since: Type.Optional(Type.String({ format: 'date-time' }))
    })
  )
})

const SERVER: Static<typeof ServerReply> = {
  version: '1.0.0',
  node: '5b0e5a57-2d0e-4f4c-9d4e-6f4f0a3c7b11',
  identity: { kind: 'global' },
  sqs: { queueType: 'fifo', global: null },
  websocket: { path: '/socket.io', globalEvents: false },
  events: [{ name: 'messages.upsert', key: 'MESSAGES_UPSERT', inAll: true }]
}

const OVERVIEW: Static<typeof OverviewReply> = {
  node: SERVER.node,
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

/** `GET /server`, `GET /overview` */
const serverRoutes: FastifyPluginAsyncTypebox<ServerRoutesOptions> = async (fastify, { readiness }) => {
  const { eventLog } = fastify
  const sqs = fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  const websocket = fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  const version = packageVersion()
  const node = randomUUID()

  fastify.get('/server', {
    config: opensTo('any'),
    schema: {
      operationId: 'getServer',
      tags: ['operation'],
      summary: 'What this server is and does, and whose key it was asked with',
      response: { 200: { ...ServerReply, examples: [SERVER] }, ...errorReplies(401) }
    },
    handler: async (request) => {
      const identity = identityOf(request)
      return {
        version,
        node,
        identity:
          identity?.kind === 'instance'
            ? { kind: 'instance' as const, instance: identity.instance.name }
            : { kind: 'global' as const },
        sqs: sqs ? modeReply(sqs.mode) : null,
        websocket: websocket ? { path: websocket.path, globalEvents: websocket.globalEvents } : null,
        events: [...eventLog.catalogue.events]
      }
    }
  })

  fastify.get('/overview', {
    logLevel: POLLED_LOG_LEVEL,
    config: opensTo('global'),
    schema: {
      operationId: 'getOverview',
      tags: ['operation'],
      summary: 'How everything stands, and what is wrong',
      response: { 200: { ...OverviewReply, examples: [OVERVIEW] }, ...errorReplies(401) }
    },
    handler: async () => {
      const { faults, ...rest } = await overview({ eventLog, readiness, sqs, websocket })
      return {
        node,
        time: new Date().toISOString(),
        uptimeSeconds: process.uptime(),
        ...rest,
        faults: faults.map(({ since, ...fault }) => ({ ...fault, ...(since && { since: since.toISOString() }) }))
      }
    }
  })
}

function modeReply({ queueType, global }: SqsMode) {
  return { queueType, global: global && { ...global, events: [...global.events] } }
}

export default serverRoutes
