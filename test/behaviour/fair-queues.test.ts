import t, { type Test } from 'tap'
import { type Backend, backends } from '../support/backends.ts'
import { build } from '../support/build.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'
import type { SqsOptions } from '../../plugins/sqs.ts'

/** The entries that SQS receives for an event each of two instances. */
async function sent(t: Test, backend: Backend, options: Partial<SqsOptions>) {
  const { sqs, proxy, options: target } = await startProxiedSqs(t)
  const server = await build(t, {
    eventLog: { url: await backend.start(t) },
    sqs: { ...target, ...options, global: { events: ['CALL'] } }
  })
  for (const instance of ['sales', 'loja são']) await server.onInstanceEvent({ instance, event: 'call', data: 1 })
  await sqs.bodies(options.queueType === 'standard' ? 'global_call' : 'global_call.fifo', 2)
  const batches = proxy.calls.filter(({ action }) => action === 'SendMessageBatch')
  const entries = batches.flatMap(({ body }) => body.Entries as Record<string, unknown>[])
  return entries.map(({ MessageGroupId: group, MessageDeduplicationId: id }) => ({
    group,
    deduplicated: id !== undefined
  }))
}

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: messages of standard queues have the instance as message group, and no deduplication id`,
    async (t) => {
      t.strictSame(await sent(t, backend, { queueType: 'standard' }), [
        { group: 'sales', deduplicated: false },
        { group: 'loja%20s%C3%A3o', deduplicated: false }
      ])
    }
  )

  t.test(`${backend.name}: without fairQueues, only FIFO queues have message groups`, async (t) => {
    const none = { group: undefined, deduplicated: false }
    t.strictSame(await sent(t, backend, { queueType: 'standard', fairQueues: false }), [none, none])
    t.match(await sent(t, backend, { fairQueues: false }), [{ group: 'sales', deduplicated: true }, {}])
  })
}

t.test('a service that refuses message groups on standard queues is a dead letter that names the option', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  // As ElasticMQ did before 1.6.14, and LocalStack before 4.7.
  const message =
    'Value sales for parameter MessageGroupId is invalid. Reason: The request include parameter that is not valid for this queue type.'
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 400, code: 'InvalidParameterValue', message } : undefined
  const sqs = { ...options, queueType: 'standard' as const, maxAttempts: 1, global: { events: ['CALL'] } }
  const server = await build(t, { sqs })
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  const { deadLetters } = server.eventLog.store
  await until(async () => (await deadLetters.count()).count === 1)
  t.match(await deadLetters.read({ after: 0, limit: 1 }), [
    {
      reason: 'InvalidParameterValue',
      message: `${message} This service has no fair queues: switch fairQueues off`
    }
  ])
})
