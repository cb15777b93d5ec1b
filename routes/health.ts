import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Readiness } from '../lib/operation/readiness.ts'
import '../plugins/event-log.ts'
import { POLLED_LOG_LEVEL } from './conventions.ts'
import { opensTo } from './keys.ts'

export interface HealthRoutesOptions {
  readiness: Readiness
}

const Check = Type.Object({
  ok: Type.Boolean(),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String())
})
const readyReply = (example: object) =>
  Type.Object(
    {
      status: Type.Union([Type.Literal('ready'), Type.Literal('unavailable')]),
      checks: Type.Record(Type.String(), Check)
    },
    { examples: [example] }
  )

/** `GET /health`, `GET /ready` */
const healthRoutes: FastifyPluginAsyncTypebox<HealthRoutesOptions> = async (fastify, { readiness }) => {
  fastify.get('/health', {
    logLevel: POLLED_LOG_LEVEL,
    config: opensTo('everyone'),
    schema: {
      operationId: 'getHealth',
      tags: ['operation'],
      summary: 'Whether the process answers',
      response: { 200: Type.Object({ status: Type.Literal('ok') }, { examples: [{ status: 'ok' }] }) }
    },
    handler: async () => ({ status: 'ok' as const })
  })

  fastify.get('/ready', {
    logLevel: POLLED_LOG_LEVEL,
    config: opensTo('everyone'),
    schema: {
      operationId: 'getReadiness',
      tags: ['operation'],
      summary: 'Whether events are taken in and leave: the event log can be written, SQS answers',
      response: {
        200: readyReply({ status: 'ready', checks: { eventLog: { ok: true }, sqs: { ok: true } } }),
        503: readyReply({
          status: 'unavailable',
          checks: {
            eventLog: { ok: true },
            sqs: { ok: false, code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }
          }
        })
      }
    },
    handler: async (_request, reply) => {
      const checks = await readiness.checks()
      const ready = !fastify.eventLog.closing && Object.values(checks).every(({ ok }) => ok)
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable', checks })
    }
  })
}

export default healthRoutes
