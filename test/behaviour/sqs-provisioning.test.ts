import t from 'tap'
import { API_KEY, build } from '../support/build.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

const headers = { apikey: API_KEY }

t.test('many instances that select all events at once get all of their queues', async (t) => {
  const { sqs, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: options })
  const names = Array.from({ length: 6 }, (_, n) => `instance-${n}`)
  const replies = await Promise.all(
    names.map((name) =>
      server.inject({ method: 'POST', url: `/sqs/set/${name}`, headers, payload: { enabled: true, events: [] } })
    )
  )
  t.same(
    replies.map(({ statusCode }) => statusCode),
    names.map(() => 201)
  )
  const { queues } = replies[5]?.json<{ queues: { name: string; url: string | null }[] }>() ?? { queues: [] }
  t.ok(queues.length > 25)
  // The queue of unlisted events is created with the first of them.
  for (const { name, url } of queues) t.equal(sqs.server.inspectQueue(name)?.url ?? null, url)
})

t.test('shared queues that cannot be created are a fault until they are, without a restart', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const denied = ({ action, body }: { action: string; body: Record<string, unknown> }) =>
    action === 'CreateQueue' && !String(body.QueueName).includes('call')
  proxy.decide = (call) => (denied(call) ? { status: 403, code: 'AccessDenied', message: 'not yet' } : undefined)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL', 'PRESENCE_UPDATE', 'CHATS_SET'] } } })
  const faults = async () => (await server.inject({ url: '/overview', headers })).json<{ faults: object[] }>().faults
  let found: object[] = []
  // A busy machine may also be late with an answer.
  await until(async () => (found = await faults()).length === 1 && JSON.stringify(found).includes('AccessDenied'))
  t.match(found, [
    {
      component: 'sqs',
      code: 'AccessDenied',
      message: /global_\w+\.fifo.*not yet/,
      queue: /^global_(presence_update|chats_set)\.fifo$/,
      queues: 2,
      since: /^\d{4}-/
    }
  ])
  t.equal((await server.inject('/ready')).statusCode, 200, 'what is denied does not stop others')
  t.ok(sqs.server.inspectQueue('global_call.fifo'))
  proxy.decide = () => undefined
  await until(() => sqs.server.inspectQueue('global_chats_set.fifo') !== undefined)
  await until(async () => (await faults()).length === 0)
  t.ok(sqs.server.inspectQueue('global_presence_update.fifo'))
})

t.test('a server that closes does not wait for shared queues', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  proxy.decide = () => 'silence'
  const server = await build(t, { sqs: { ...options, global: {} } })
  await until(() => proxy.calls.length > 0)
  await server.close()
  t.pass('closed')
})

t.test('a server that closes answers requests that wait for queues', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: options })
  proxy.decide = () => ({ status: 400, code: 'RequestThrottled' })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const set = fetch(`${url}/sqs/set/mine`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ enabled: true, events: [] })
  })
  await until(() => proxy.calls.length > 20)
  await server.close()
  const reply = await set
  t.equal(reply.status, 503)
  t.match(await reply.json(), { code: 'IEV_CLOSING' })
})

t.test('an existing queue is used and not created again', async (t) => {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  sqs.server.createQueue('mine_call.fifo', { attributes: { FifoQueue: 'true' } })
  const server = await build(t, { sqs: options })
  await server.sqs.set('mine', { enabled: true, events: ['CALL'] })
  t.same(
    proxy.calls.map(({ action }) => action),
    ['GetQueueUrl', 'GetQueueAttributes']
  )
})
