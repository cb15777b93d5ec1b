import t, { type Test } from 'tap'
import type { SqsOptions } from '../../plugins/sqs.ts'
import { API_KEY, build } from '../support/build.ts'
import type { Fault, FaultProxy, ProxiedCall } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { reset } from '../support/reset.ts'
import { until } from '../support/until.ts'

// Each test mostly waits for deadlines.
t.jobs = 6

const DEADLINE_MS = 1_000
const headers = { apikey: API_KEY }

/** Waits until there were so many calls of a kind. */
async function proxied({ calls }: FaultProxy, action: string, count: number): Promise<void> {
  await until(() => calls.filter((call) => call.action === action).length >= count)
}

/** A server in front of an SQS that answers as the test decides. */
async function start(t: Test, options: Partial<SqsOptions> = {}) {
  const { sqs, proxy, options: target } = await startProxiedSqs(t)
  for (const name of ['global_call.fifo', 'global_presence_update.fifo'])
    sqs.server.createQueue(name, { attributes: { FifoQueue: 'true' } })
  const server = await build(t, {
    sqs: { ...target, global: { events: ['CALL', 'PRESENCE_UPDATE'] }, requestTimeoutMs: DEADLINE_MS, ...options }
  })
  const { store } = server.eventLog
  // The server has found both shared queues: calls from now on send events.
  if (options.global === undefined) await proxied(proxy, 'GetQueueAttributes', 2)
  return {
    sqs,
    proxy,
    server,
    accept: (data: unknown, instance = 'mine') => server.onInstanceEvent({ instance, event: 'call', data }),
    /** `fault` for every SendMessageBatch from now on. */
    failSends: (fault: Fault) => {
      proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? fault : undefined)
    },
    /** Waits for a fault with this code, and this text in its message. */
    faultOf: async (code: string, text = '') => {
      type Found = { code: string; message: string }
      let fault: Found | undefined
      await until(async () => {
        const { faults } = (await server.inject({ url: '/overview', headers })).json<{ faults: Found[] }>()
        fault = faults.find(({ code: found, message }) => found === code && message.includes(text))
        return fault !== undefined
      })
      return fault
    },
    deadLetters: () => store.deadLetters.read({ after: 0, limit: 100 }),
    sent: async () => {
      await until(() => store.deliveries.pendingCount() === 0)
    }
  }
}

const stalls: [string, Fault, string][] = [
  ['stops within its body', 'stall', 'the first'],
  ['stops within its body', 'stall', 'a later'],
  ['comes a byte at a time', 'drip', 'the first'],
  ['comes a byte at a time', 'drip', 'a later'],
  ['does not come', 'silence', 'a later']
]
for (const [title, fault, which] of stalls) {
  t.test(
    `an answer that ${title} fails ${which} call at the deadline: a fault, then the event is sent again`,
    async (t) => {
      const { sqs, proxy, server, accept, faultOf, failSends, deadLetters } = await start(t)
      if (which === 'a later') {
        await accept('first')
        await sqs.bodies('global_call.fifo', 1)
      }
      const { connections } = proxy
      failSends(fault)
      await accept(0)
      t.match(await faultOf('IEV_TIMEOUT', 'SendMessageBatch'), {
        component: 'sqs',
        queue: 'global_call.fifo',
        message: `SQS is unreachable: SendMessageBatch was not finished within ${DEADLINE_MS / 1_000} s`
      })
      await until(() => connections.some(({ destroyed }) => destroyed))
      // A probe waits for two seconds, which a busy machine can take.
      await until(async () => (await server.sqs.status()).ok)
      const ready = await server.inject('/ready')
      t.equal(ready.statusCode, 503)
      t.match(ready.json(), { checks: { sqs: { ok: false, code: 'IEV_TIMEOUT' } } })
      const metrics = (await server.inject('/metrics')).body
      t.match(metrics, /iev_sqs_failures_total\{kind="transient",code="IEV_TIMEOUT"\} [1-9]/)

      for (const data of [1, 2]) await accept(data)
      proxy.decide = () => undefined
      const bodies = await sqs.bodies('global_call.fifo', 3)
      t.same(
        bodies.map(({ data }) => data),
        [0, 1, 2]
      )
      await until(async () => (await server.inject('/ready')).statusCode === 200)
      t.same(await deadLetters(), [])
    }
  )
}

t.test('queues whose calls hang leave half of the calls to others', async (t) => {
  const { sqs, proxy, server } = await start(t, { global: false, concurrency: 4, requestTimeoutMs: 60_000 })
  const instances = Array.from({ length: 40 }, (_, n) => `stuck-${n}`)
  await Promise.all([...instances, 'fine'].map((name) => server.sqs.set(name, { enabled: true, events: ['CALL'] })))
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>()
  const failed = new Set<string>()
  let hanging = 0
  let before: number | undefined
  proxy.decide = ({ action, body }) => {
    const queue = String(body.QueueUrl)
    if (action !== 'SendMessageBatch') return undefined
    if (queue.includes('fine')) before ??= hanging
    if (!queue.includes('stuck')) return undefined
    if (failed.has(queue) && failed.size === instances.length) hanging++
    else failed.add(queue)
    return hanging > 0 ? released : { status: 400, code: 'RequestThrottled' }
  }
  for (const instance of instances) await server.onInstanceEvent({ instance, event: 'call', data: 1 })
  await until(() => hanging >= 2)
  await server.onInstanceEvent({ instance: 'fine', event: 'call', data: 'quick' })
  t.match(await sqs.bodies('fine_call.fifo', 1), [{ data: 'quick' }])
  t.equal(before, 2, 'calls that hang take half of the concurrency')
  release(undefined)
})

t.test('events are sent once and in order over connections that are reset between calls', async (t) => {
  const { sqs, proxy, accept, sent, deadLetters } = await start(t)
  for (let n = 0; n < 10; n++) {
    await accept(n)
    await sent()
    for (const connection of proxy.connections) reset(connection)
  }
  const bodies = await sqs.bodies('global_call.fifo', 10)
  t.same(
    bodies.map(({ data }) => data),
    Array.from({ length: 10 }, (_, n) => n)
  )
  t.equal(sqs.depth('global_call.fifo'), 0)
  t.same(await deadLetters(), [])
})

const foreign: [string, Fault][] = [
  ['a login page with 200', { foreign: 200 }],
  ['an empty answer', { foreign: 200, body: '' }],
  ['JSON that says nothing', { foreign: 200, type: 'application/json', body: '{}' }],
  ['a redirect', { foreign: 302 }],
  [
    'XML of another service',
    { foreign: 400, type: 'text/xml', body: '<ErrorResponse><Code>InvalidAction</Code></ErrorResponse>' }
  ],
  ['a page that is not found', { foreign: 404 }],
  ['a proxy that wants a password', { foreign: 407 }],
  ['403 for everything', { foreign: 403, type: 'text/plain', body: 'Forbidden' }]
]
for (const [title, fault] of foreign) {
  t.test(`${title} in place of SQS is an outage that loses no event`, async (t) => {
    const { sqs, proxy, server, accept, faultOf, deadLetters } = await start(t, { maxAttempts: 2 })
    await accept('sent by the first call')
    await sqs.bodies('global_call.fifo', 1)
    proxy.decide = () => fault
    t.match(await server.sqs.status(), { ok: false, code: 'IEV_SQS_NOT_SQS' })
    await Promise.all(Array.from({ length: 12 }, (_, n) => accept(n)))
    await faultOf('IEV_SQS_NOT_SQS')
    t.match(await server.sqs.status(), { ok: false, code: 'IEV_SQS_NOT_SQS' })
    const { statusCode } = await server.inject({
      method: 'POST',
      url: '/sqs/set/other',
      headers,
      payload: { enabled: true, events: ['CALL'] }
    })
    t.equal(statusCode, 502)
    proxy.decide = () => undefined
    const bodies = await sqs.bodies('global_call.fifo', 12)
    t.same(
      bodies.map(({ data }) => data),
      Array.from({ length: 12 }, (_, n) => n)
    )
    t.same(await deadLetters(), [])
  })
}

/** What nginx does with calls above 1 MB. */
function upTo(bytes: number, page: Fault) {
  return ({ action, body }: ProxiedCall): Fault =>
    action === 'SendMessageBatch' && Buffer.byteLength(JSON.stringify(body)) > bytes ? page : undefined
}

t.test(
  'a proxy with a lower limit than SQS gets smaller calls, and an event that is too large for it is a dead letter',
  async (t) => {
    const { sqs, proxy, accept, deadLetters, sent } = await start(t, { maxAttempts: 3, requestTimeoutMs: 10_000 })
    proxy.decide = upTo(1_048_576, { foreign: 413 })
    const instances = Array.from({ length: 12 }, (_, n) => `instance-${n}`)
    const quotes = '"'.repeat(509_000)
    await Promise.all([
      ...instances.map((instance) => accept('x'.repeat(200_000), instance)),
      accept(quotes, 'evil'),
      accept('behind', 'evil'),
      ...instances.map((instance) => accept('second', instance))
    ])
    const bodies = await sqs.bodies('global_call.fifo', 25)
    t.same(bodies.map(({ instance }) => instance).sort(), [...instances, ...instances, 'evil'].sort())
    await sent()
    t.match(await deadLetters(), [
      { instance: 'evil', reason: 'HTTP 413', message: /^HTTP 413 \(text\/html\)/, attempts: 3 }
    ])
  }
)

t.test('a status for one message makes a dead letter of that message alone', async (t) => {
  const { sqs, proxy, accept, deadLetters, sent } = await start(t, { maxAttempts: 4 })
  const evil: number[] = []
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch' || !JSON.stringify(body).includes('DROP TABLE')) return undefined
    evil.push((body.Entries as unknown[]).length)
    return { foreign: 403 }
  }
  const instances = Array.from({ length: 20 }, (_, n) => `instance-${n}`)
  await Promise.all(instances.map((instance, n) => accept(n === 3 ? 'DROP TABLE x' : 'fine', instance)))
  // Other events wait at each of its tries.
  await until(async () => {
    await Promise.all(instances.filter((_, n) => n !== 3).map((instance) => accept('more', instance)))
    return evil.filter((entries) => entries === 1).length >= 4
  })
  await sent()
  t.match(await deadLetters(), [{ instance: 'instance-3', reason: 'HTTP 403', attempts: 4 }])
  const alone = evil.indexOf(1)
  t.ok(alone <= 4, `${alone} batches were refused before it went alone`)
  // A try whose probe is late, on a busy machine, does not count.
  t.same(new Set(evil.slice(alone)), new Set([1]))
  t.equal((await sqs.bodies('global_call.fifo', 19)).length >= 19, true)
})

t.test('an error text of two megabytes is cut, wherever it is shown', async (t) => {
  const { proxy, server, accept, deadLetters, sent } = await start(t, { maxAttempts: 1 })
  const message = `why\u001b[2J ${'x'.repeat(2_000_000)}`
  proxy.decide = ({ action }) =>
    action === 'SendMessageBatch' ? { status: 400, code: 'InvalidMessageContents', message } : undefined
  await accept(1)
  await sent()
  const [letter] = await deadLetters()
  t.match(letter, { reason: 'InvalidMessageContents', message: /^why \[2J x+…$/ })
  t.ok(Buffer.byteLength(letter?.message ?? '') <= 1_024)
  proxy.decide = () => ({ status: 400, code: 'InvalidAddress', message })
  const reply = await server.inject({
    method: 'POST',
    url: '/sqs/set/other',
    headers,
    payload: { enabled: true, events: ['CALL'] }
  })
  t.equal(reply.statusCode, 502)
  t.ok(reply.body.length < 3_000)
})
