import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Readiness } from '../lib/operation/readiness.ts'
import { HealthReply, ReadyReplies } from '../lib/schemas/health.ts'
import '../plugins/event-log.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { authorize } from './keys.ts'

export interface HealthRoutesOptions {
  readiness: Readiness
}

/** `GET /health`, `GET /ready` */
const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutesOptions> = async (fastify, { readiness }) => {
  fastify.get('/health', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('everyone'),
    schema: {
      operationId: 'getHealth',
      tags: ['operation'],
      summary: 'Check that the process replies',
      response: { 200: HealthReply }
    },
    handler: async () => ({ status: 'ok' as const })
  })

  fastify.get('/ready', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('everyone'),
    schema: {
      operationId: 'getReadiness',
      tags: ['operation'],
      summary: 'Check that events can be accepted and delivered: the event log can be written, SQS replies',
      response: ReadyReplies
    },
    handler: async (_request, reply) => {
      const checks = await readiness.checks()
      const ready = !fastify.eventLog.closing && Object.values(checks).every(({ ok }) => ok)
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable', checks })
    }
  })
}

export default healthRoutes
