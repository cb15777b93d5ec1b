import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, context } from '@opentelemetry/api'
import { InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import t, { type Test } from 'tap'
import type { SqsAddress } from '../../lib/sqs/address.ts'
import { withSendSpan } from '../../lib/telemetry/send-span.ts'
import { build } from '../support/build.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { startTracer } from '../support/telemetry.ts'
import { until } from '../support/until.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const OTHER = 'aaaabbbbccccddddeeeeffff00001111'
const QUEUE = 'global_call.fifo'

async function start(t: Test) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 1 } })
  const event = (data: unknown, traceparent?: string) => ({
    instance: 'sales',
    event: 'call',
    data,
    ...(traceparent !== undefined && { traceparent })
  })
  return { sqs, proxy, server, event }
}

t.test('a batch is one span with the attributes of the messaging conventions', async (t) => {
  const spans = startTracer(t)
  const { sqs, proxy, server, event } = await start(t)
  const { hostname, port } = new URL(proxy.endpoint)
  const [mine, other] = [`00-${TRACE}-${SPAN}-01`, `00-${OTHER}-${SPAN}-00`]
  // Within a request that has nothing to do with the batch.
  const foreign = trace.setSpanContext(ROOT_CONTEXT, { traceId: 'f'.repeat(32), spanId: SPAN, traceFlags: 1 })
  const inputs = [event(1, mine), event(2, mine), event(3, other)]
  await context.with(foreign, () => server.eventLog.accept(inputs))
  await sqs.receive(QUEUE, 3)
  await until(() => spans().length > 0)
  const [span, ...others] = spans()
  t.same(others, [], 'no other, since each event has a trace')
  t.match(span, {
    name: `SendMessageBatch ${QUEUE}`,
    kind: SpanKind.PRODUCER,
    status: { code: SpanStatusCode.UNSET },
    parentSpanContext: undefined,
    instrumentationScope: { name: 'fastify-instance-events', version: /^\d+\.\d+\.\d+/ }
  })
  t.same(span?.attributes, {
    'messaging.system': 'aws_sqs',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'SendMessageBatch',
    'messaging.destination.name': QUEUE,
    'messaging.batch.message_count': 3,
    'aws.sqs.queue.url': span?.attributes['aws.sqs.queue.url'],
    'server.address': hostname,
    'server.port': Number(port)
  })
  t.match(span?.attributes['aws.sqs.queue.url'], /\/global_call\.fifo$/)
  t.match(
    span?.links.map(({ context }) => context),
    [
      { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true },
      { traceId: OTHER, spanId: SPAN, traceFlags: 0 }
    ],
    'each trace once'
  )
})

t.test('a span of a call to AWS has the host, if the region is known', async (t) => {
  const spans = startTracer(t)
  const addresses: SqsAddress[] = [
    { host: 'sqs.sa-east-1.amazonaws.com' },
    { host: 'sqs.{region}.amazonaws.com', variables: { region: { description: '', examples: [] } } }
  ]
  for (const address of addresses)
    await withSendSpan({ queue: QUEUE, url: 'url', items: [], address: async () => address }, async () => ({
      Successful: [],
      Failed: []
    }))
  const told = spans().map(({ attributes }) => [attributes['server.address'], attributes['server.port']])
  t.same(told, [
    ['sqs.sa-east-1.amazonaws.com', undefined],
    [undefined, undefined]
  ])
})

t.test('a batch with events of one trace belongs to that trace', async (t) => {
  const spans = startTracer(t)
  const { server, event } = await start(t)
  await server.onInstanceEvent(event(1, `00-${TRACE}-${SPAN}-01`))
  await until(() => spans().length > 0)
  const [span] = spans()
  t.equal(span?.spanContext().traceId, TRACE)
  t.equal(span?.parentSpanContext?.spanId, SPAN)
})

t.test('an event outside of any trace gets a new one, which it carries', async (t) => {
  const spans = startTracer(t)
  const { sqs, server, event } = await start(t)
  await server.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await server.onInstanceEvent({ instance: 'other', event: 'call', data: 1, extra: { isLatest: true } })
  await server.onInstanceEvent(event(2))
  await server.onInstanceEvent({ instance: 'sales', event: 'qrcode.updated', data: 3 })
  const messages = await sqs.receive(QUEUE, 2)
  await until(() => spans().filter(({ name }) => name.startsWith('SendMessageBatch')).length >= 3)
  const created = spans().filter(({ attributes }) => attributes['messaging.operation.type'] === 'create')
  t.match(created, [
    {
      name: `create ${QUEUE}`,
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'aws_sqs',
        'messaging.operation.name': 'create',
        'messaging.destination.name': QUEUE
      }
    },
    { name: 'create', attributes: { 'messaging.destination.name': undefined } }
  ])
  t.equal(created.length, 2, 'none for what goes to no queue')
  const traceparents = created.map((span) => {
    const { traceId, spanId } = span.spanContext()
    return `00-${traceId}-${spanId}-01`
  })
  t.match(
    messages.map(({ Body = '' }) => JSON.parse(Body) as object),
    [{ traceparent: traceparents[0], isLatest: true }, { traceparent: traceparents[1] }]
  )
  t.same(
    messages.map(({ MessageAttributes }) => MessageAttributes?.traceparent?.StringValue),
    traceparents
  )
})

t.test('a failed call and refused events are errors of their spans', async (t) => {
  const spans = startTracer(t)
  const { proxy, server, event } = await start(t)
  let calls = 0
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch') return undefined
    calls++
    if (calls === 1) return { status: 400, code: 'RequestThrottled', message: 'Too fast' }
    if (calls > 2) return undefined
    return {
      refuse: (body.Entries as { Id: string }[]).map(({ Id }) => ({
        Id,
        Code: 'InvalidMessageContents',
        SenderFault: true
      }))
    }
  }
  await server.onInstanceEvent(event(1, `00-${TRACE}-${SPAN}-01`))
  await until(() => spans().length >= 2)
  t.match(spans(), [
    {
      attributes: { 'error.type': 'RequestThrottled' },
      status: { code: SpanStatusCode.ERROR, message: 'Too fast' },
      ended: true
    },
    {
      attributes: { 'error.type': 'InvalidMessageContents' },
      status: { code: SpanStatusCode.ERROR, message: 'SQS refused 1 of 1 events' },
      ended: true
    }
  ])
})

t.test('events are sent although the tracer throws', async (t) => {
  const broken = () => {
    throw new Error('a broken processor')
  }
  const provider = new TracerProvider({
    spanProcessors: [{ onStart: broken, onEnd: () => {}, forceFlush: async () => {}, shutdown: async () => {} }]
  })
  trace.setGlobalTracerProvider(provider)
  t.after(() => trace.disable())
  const { sqs, server, event } = await start(t)
  await server.onInstanceEvent(event(1))
  t.match(await sqs.bodies(QUEUE, 1), [{ data: 1, traceparent: undefined }])
})

t.test('events are sent although spans cannot be ended', async (t) => {
  const exporter = new InMemorySpanExporter()
  const onEnd = () => {
    throw new Error('a broken processor')
  }
  const provider = new TracerProvider({
    spanProcessors: [{ onStart: () => {}, onEnd, forceFlush: async () => {}, shutdown: () => exporter.shutdown() }]
  })
  trace.setGlobalTracerProvider(provider)
  t.after(() => trace.disable())
  const { sqs, server, event } = await start(t)
  await server.onInstanceEvent(event(1))
  await server.onInstanceEvent(event(2))
  t.match(await sqs.bodies(QUEUE, 2), [{ data: 1 }, { data: 2 }])
})
