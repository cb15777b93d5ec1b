import { trace } from '@opentelemetry/api'
import { AwsInstrumentation } from '@opentelemetry/instrumentation-aws-sdk'
import t from 'tap'
import { startTracer } from '../support/telemetry.ts'
import { until } from '../support/until.ts'

// As `node --import ./instrumentation.js` does: before the SDK is loaded.
const instrumentation = new AwsInstrumentation()

t.test('in a host with @fastify/otel and instrumentation-aws-sdk, each SendMessageBatch is one span', async (t) => {
  const { FastifyOtelInstrumentation } = await import('@fastify/otel')
  const { API_KEY, bare } = await import('../support/build.ts')
  const { startSqs } = await import('../support/sqs.ts')
  const { default: app } = await import('../../app.ts')
  const spans = startTracer(t)
  const sqs = await startSqs(t)
  for (const client of [undefined, sqs.client]) {
    const server = bare(t)
    await server.register(new FastifyOtelInstrumentation().plugin())
    const traces: (string | undefined)[] = []
    server.addHook('onRequest', async () => void traces.push(trace.getActiveSpan()?.spanContext().traceId))
    const options = client ? { client } : sqs.options
    await server.register(app, {
      apiKey: API_KEY,
      docs: false,
      eventLog: { url: ':memory:' },
      sqs: { ...options, global: { events: ['CALL'] } }
    })
    const before = new Set(spans())
    const sends = () => spans().filter((span) => !before.has(span) && /SendMessageBatch| send$/.test(span.name))
    const counted = () =>
      sends().reduce((sum, { attributes }) => sum + Number(attributes['messaging.batch.message_count'] ?? 0), 0)
    for (let n = 0; n < 20; n++) {
      const { statusCode } = await server.inject({
        method: 'POST',
        url: '/events/sales',
        headers: { apikey: API_KEY },
        payload: { event: 'call', data: n }
      })
      t.equal(statusCode, 202)
    }
    await until(() => counted() >= 20)
    const { values } = await server.eventLog.metrics.sendSeconds.get()
    const calls = values.find(({ metricName }) => metricName?.endsWith('_count'))?.value
    t.ok(calls && calls > 1, 'not the first call alone')
    t.equal(sends().length, calls)
    t.equal(counted(), 20)
    t.same(new Set(sends().map(({ kind }) => kind)), new Set([3]), 'PRODUCER')
    t.same(
      sends()
        .flatMap(({ links }) => links.map(({ context }) => context.traceId))
        .sort(),
      traces.sort(),
      'each links to the requests that brought its events'
    )
    const messages = await sqs.receive('global_call.fifo', 20)
    t.same(
      messages.map(({ MessageAttributes }) => MessageAttributes?.traceparent?.StringValue?.split('-')[1]).sort(),
      traces,
      'and so do the messages'
    )
    await server.close()
  }
  const queues = spans().filter(({ attributes }) => attributes['rpc.method'] === 'CreateQueue')
  t.ok(queues.length > 0, 'other calls are for instrumentation-aws-sdk to tell')
  instrumentation.disable()
})
