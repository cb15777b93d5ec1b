import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MetricsReply } from '../lib/schemas/health.ts'
import '../plugins/event-log.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { authorize } from './keys.ts'

/** `GET /metrics` */
const metricsRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { metrics } = fastify.eventLog

  fastify.get('/metrics', {
    logLevel: POLLED_LOG_LEVEL,
    config: authorize('everyone'),
    schema: {
      operationId: 'getMetrics',
      tags: ['operation'],
      summary: 'Counters, gauges and histograms for Prometheus',
      produces: ['text/plain'],
      response: { 200: MetricsReply }
    },
    handler: async (_request, reply) => {
      const registry = await metrics.registry()
      return reply.type(registry.contentType).send(await registry.metrics())
    }
  })
}

export default metricsRoutes
