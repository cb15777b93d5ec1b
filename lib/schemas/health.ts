import { Type } from '@sinclair/typebox'

/** The reply of `GET /health`. */
export const HealthReply = Type.Object({ status: Type.Literal('ok') }, { examples: [{ status: 'ok' }] })

const Check = Type.Object({
  ok: Type.Boolean(),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String())
})

/** The replies of `GET /ready`, by status. */
export const ReadyReplies = {
  200: readyReply({ status: 'ready', checks: { eventLog: { ok: true }, sqs: { ok: true } } }),
  503: readyReply({
    status: 'unavailable',
    checks: { eventLog: { ok: true }, sqs: { ok: false, code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' } }
  })
}

function readyReply(example: object) {
  return Type.Object(
    {
      status: Type.Union([Type.Literal('ready'), Type.Literal('unavailable')]),
      checks: Type.Record(Type.String(), Check)
    },
    { examples: [example] }
  )
}

/** The reply of `GET /metrics`: text in Prometheus' format. */
export const MetricsReply = Type.String({ examples: ['iev_events_accepted_total{event="messages.upsert"} 4711'] })
