import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { SqsStatus } from '../lib/sqs/emitter.ts'
import '../plugins/sqs.ts'
import '../plugins/websocket.ts'

/** How long an answer of `/ready` stands: nobody makes us ask AWS more often. */
const READY_FRESH_MS = 2_000

const Check = Type.Object({
  ok: Type.Boolean(),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String())
})
const ReadyReply = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('unavailable')]),
  checks: Type.Record(Type.String(), Check)
})

/** `GET /health`, `GET /ready` */
const healthRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventStore: eventLog } = fastify
  let latest: { at: number; checks: Promise<Record<string, SqsStatus>> } | undefined

  async function check(): Promise<Record<string, SqsStatus>> {
    const failed = ({ code = 'Error', message }: Error & { code?: string }): SqsStatus => ({ ok: false, code, message })
    const [store, sqs] = await Promise.all([
      eventLog.store.check().then((): SqsStatus => ({ ok: true }), failed),
      fastify.hasDecorator('sqs') ? fastify.sqs.status() : undefined
    ])
    return {
      eventStore: store,
      ...(sqs && { sqs }),
      ...(fastify.hasDecorator('websocket') && { websocket: { ok: true } })
    }
  }

  fastify.get('/health', {
    schema: {
      tags: ['operation'],
      summary: 'Whether the process answers',
      response: { 200: Type.Object({ status: Type.Literal('ok') }) }
    },
    handler: async () => ({ status: 'ok' as const })
  })

  fastify.get('/ready', {
    schema: {
      tags: ['operation'],
      summary: 'Whether events are taken in and leave: the event log can be written, SQS answers',
      response: { 200: ReadyReply, 503: ReadyReply }
    },
    handler: async (_request, reply) => {
      if (!latest || Date.now() - latest.at > READY_FRESH_MS) latest = { at: Date.now(), checks: check() }
      const checks = await latest.checks
      const ready = !eventLog.closing && Object.values(checks).every(({ ok }) => ok)
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable', checks })
    }
  })
}

export default healthRoutes
