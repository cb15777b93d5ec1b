import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Rounds } from '../lib/activity/rounds.ts'
import { overview } from '../lib/operation/overview.ts'
import { OverviewHistory } from '../lib/operation/overview-history.ts'
import { packageVersion } from '../lib/package-version.ts'
import type { Readiness } from '../lib/operation/readiness.ts'
import type { Identity } from '../lib/instances/api-keys.ts'
import type { Rejections } from '../lib/operation/rejections.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { OverviewHistoryReply, OverviewReply } from '../lib/schemas/overview.ts'
import { ServerReply } from '../lib/schemas/server.ts'
import type { SqsMode } from '../lib/sqs/emitter.ts'
import { SAMPLE_MS } from '../lib/store/sample-store.ts'
import { httpClientsOf } from '../lib/websocket/http-clients.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { identityOf, authorize } from './keys.ts'

export interface ServerRoutesOptions {
  readiness: Readiness
  rejections: Rejections
  /** Name of the environment. */
  environment: string | undefined
}

/** `GET /server`, `GET /overview`, `GET /overview/history` */
const serverRoutes: FastifyPluginAsyncTypebox<ServerRoutesOptions> = async (
  fastify,
  { readiness, rejections, environment = null }
) => {
  const { eventLog } = fastify
  const sqs = fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  const websocket = fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  const version = packageVersion()
  const node = randomUUID()

  fastify.get('/server', {
    config: authorize('any'),
    schema: {
      operationId: 'getServer',
      tags: ['operation'],
      summary: 'Read the version, modes and events of this server, and the owner of the key',
      response: { 200: ServerReply, ...errorReplies(401) }
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
        environment,
        store: eventLog.store.kind,
        sqs: sqs ? { ...modeReply(sqs.mode), ...(await sqs.destination()) } : null,
        websocket: websocket ? { path: websocket.path, globalEvents: websocket.globalEvents } : null,
        events: [...eventLog.catalogue.events],
        limits: { ...eventLog.limits, sockets: websocket?.maxSocketsPerInstance ?? null },
        operator: operatorReply(identity)
      }
    }
  })

  function operatorReply(identity: Identity | null) {
    const { operator } = eventLog
    const isOther = identity?.kind === 'instance' && identity.instance.name !== operator?.instance
    return operator && !isOther ? { instance: operator.instance, events: [...operator.catalogue.events] } : null
  }

  fastify.get('/overview', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('global'),
    schema: {
      operationId: 'getOverview',
      tags: ['operation'],
      summary: 'Read counters, states and faults of this server',
      response: { 200: OverviewReply, ...errorReplies(401) }
    },
    handler: async () => {
      const { faults, activity, rejected, lastEventAt, ...rest } = await overview({
        eventLog,
        readiness,
        rejections,
        sqs,
        websocket,
        httpClients: websocket && httpClientsOf(websocket)
      })
      return {
        node,
        time: new Date().toISOString(),
        uptimeSeconds: process.uptime(),
        ...rest,
        lastEventAt: lastEventAt?.toISOString() ?? null,
        activity: { ...activity, countedSince: activity.countedSince?.toISOString() ?? null },
        rejected: rejected.map(({ firstAt, lastAt, ...rejection }) => ({
          ...rejection,
          firstAt: firstAt.toISOString(),
          lastAt: lastAt.toISOString()
        })),
        faults: faults.map(({ since, ...fault }) => ({ ...fault, ...(since && { since: since.toISOString() }) }))
      }
    }
  })

  const history = new OverviewHistory({ eventLog, node, sockets: () => websocket?.connected ?? 0 })
  const failure = 'The state of the server could not be recorded'
  const rounds = new Rounds({ watchers: [history], restMs: SAMPLE_MS, log: fastify.log, failure })
  fastify.addHook('onReady', async () => rounds.start())
  fastify.addHook('onClose', async () => rounds.stop())

  fastify.get('/overview/history', {
    config: authorize('global'),
    schema: {
      operationId: 'getOverviewHistory',
      tags: ['operation'],
      summary: 'Read rates and states of the last hour, of all nodes',
      response: { 200: OverviewHistoryReply, ...errorReplies(401, 503) }
    },
    handler: async () => historyReply(await history.read())
  })
}

function historyReply({ now, samples }: Awaited<ReturnType<OverviewHistory['read']>>) {
  return {
    time: now.toISOString(),
    samples: samples.map(({ time, ...sample }) => ({ time: time.toISOString(), ...sample }))
  }
}

function modeReply({ queueType, global }: SqsMode) {
  return { queueType, global: global && { ...global, events: [...global.events] } }
}

export default serverRoutes
