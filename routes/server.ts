import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { overview } from '../lib/operation/overview.ts'
import { packageVersion } from '../lib/package-version.ts'
import type { Readiness } from '../lib/operation/readiness.ts'
import { activityReply } from '../lib/schemas/activity.ts'
import type { Identity } from '../lib/instances/api-keys.ts'
import type { Rejections } from '../lib/operation/rejections.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { OverviewReply } from '../lib/schemas/overview.ts'
import { ServerReply } from '../lib/schemas/server.ts'
import type { SqsMode } from '../lib/sqs/emitter.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { identityOf, authorize } from './keys.ts'

export interface ServerRoutesOptions {
  readiness: Readiness
  rejections: Rejections
}

/** `GET /server`, `GET /overview` */
const serverRoutes: FastifyPluginAsyncTypebox<ServerRoutesOptions> = async (fastify, { readiness, rejections }) => {
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
      summary: 'Read the options of this server, and the owner of the key',
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
        sqs: sqs ? modeReply(sqs.mode) : null,
        websocket: websocket ? { path: websocket.path, globalEvents: websocket.globalEvents } : null,
        events: [...eventLog.catalogue.events],
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
      const { faults, activity, rejected, ...rest } = await overview({
        eventLog,
        readiness,
        rejections,
        sqs,
        websocket
      })
      return {
        node,
        time: new Date().toISOString(),
        uptimeSeconds: process.uptime(),
        ...rest,
        activity: {
          ...activity,
          countedSince: activity.countedSince?.toISOString() ?? null,
          quietest: activity.quietest.map(({ instance, ...sent }) => ({ instance, ...activityReply(sent) }))
        },
        rejected: rejected.map(({ firstAt, lastAt, ...rejection }) => ({
          ...rejection,
          firstAt: firstAt.toISOString(),
          lastAt: lastAt.toISOString()
        })),
        faults: faults.map(({ since, ...fault }) => ({ ...fault, ...(since && { since: since.toISOString() }) }))
      }
    }
  })
}

function modeReply({ queueType, global }: SqsMode) {
  return { queueType, global: global && { ...global, events: [...global.events] } }
}

export default serverRoutes
