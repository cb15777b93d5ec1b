import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { CircuitBreaker } from '../../lib/sqs/circuit-breaker.ts'
import { CallError } from '../../lib/sqs/failures.ts'
import { Outage } from '../../lib/sqs/outage.ts'
import type { Check } from '../../lib/operation/readiness.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { API_KEY, build } from '../support/build.ts'
import { newEvent } from '../support/new-event.ts'
import { until } from '../support/until.ts'

const headers = { apikey: API_KEY }
const OK: Check = { ok: true }
const GONE: Check = { ok: false, code: 'ECONNREFUSED', message: 'still away' }
const lost = new CallError({ kind: 'transient', code: 'ECONNRESET', message: 'lost' })

/** A breaker whose probes the test answers. */
function start() {
  const probes: ((check: Check) => void)[] = []
  const user = { needsCalls: true, begun: 0, callsMayBegin: () => void user.begun++ }
  const breaker = new CircuitBreaker({
    outage: new Outage(),
    probe: () => new Promise<Check>((resolve) => probes.push(resolve))
  })
  breaker.start(user)
  return { breaker, probes, user, fail: (answers = breaker.outage.answers) => breaker.failed(lost, answers) }
}

interface Command {
  constructor: { name: string }
  input: { QueueName?: string; QueueUrl?: string; Entries: { Id: string }[] }
}

/** A client that counts calls by name, and fails while it is away. */
function countingClient() {
  const counts: Record<string, number> = {}
  const client = {
    isAway: true,
    counts,
    send: async ({ constructor: { name }, input }: Command) => {
      counts[name] = (counts[name] ?? 0) + 1
      if (client.isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      if (name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
      if (name === 'SendMessageBatchCommand') return { Successful: input.Entries, Failed: [] }
      return { QueueUrl: `http://sqs.test/1/${input.QueueName}` }
    }
  }
  return client
}

/** A server with pending events of so many queues. */
async function startPending(t: Test, { queues, concurrency }: { queues: number; concurrency: number }) {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const names = Array.from({ length: queues }, (_, n) => `tenant-${n}`)
  await store.log.append(
    names.map((instance) => newEvent({ instance, event: 'call', queues: [`${instance}_call.fifo`] }))
  )
  const client = countingClient()
  const server = await build(t, { eventLog: { store }, sqs: { client, concurrency } })
  return { client, server, store }
}

t.test('in an outage one probe at a time asks for all queues, which all send when it is answered', async (t) => {
  const QUEUES = 300
  const { client, server, store } = await startPending(t, { queues: QUEUES, concurrency: 4 })
  const { counts } = client
  await until(() => (counts.GetQueueUrlCommand ?? 0) >= 12)
  t.ok(
    Object.values(counts).every((count) => count < 24),
    `calls while it is away: ${JSON.stringify(counts)}`
  )

  const code = 'ECONNREFUSED'
  const message = /^SQS is unreachable: connect ECONNREFUSED/
  t.match(server.sqs.faults(), [{ component: 'sqs', code, message, queues: QUEUES }])
  const ready = await server.inject('/ready')
  t.match([ready.statusCode, ready.json()], [503, { checks: { sqs: { code, message } } }])
  const { faults, pending } = (await server.inject({ url: '/overview', headers })).json<{
    faults: { component: string }[]
    pending: number
  }>()
  t.equal(faults.filter(({ component }) => component === 'sqs').length, 1, 'once')
  t.equal(pending, QUEUES)

  client.isAway = false
  await until(() => store.deliveries.pendingCount() === 0)
  t.equal(counts.SendMessageBatchCommand, QUEUES)
  t.same(server.sqs.faults(), [])
})

t.test('in an outage lanes hold no more events than there is room for, and all are sent after it', async (t) => {
  const LANES = 400
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const data = JSON.stringify('x'.repeat(190_000))
  const queues = ['global_call.fifo']
  const instances = Array.from({ length: LANES }, (_, n) => `tenant-${n}`)
  await store.log.append(instances.map((instance) => newEvent({ instance, event: 'call', data, queues })))
  const { readLane } = store.deliveries
  let read = 0
  store.deliveries.readLane = async (...args) => {
    const page = await readLane.apply(store.deliveries, args)
    read += page.length
    return page
  }
  const client = countingClient()
  const server = await build(t, { eventLog: { store }, sqs: { client, global: { events: ['CALL'] } } })
  // The probes take seconds: long enough to read all lanes.
  await until(() => (client.counts.GetQueueUrlCommand ?? 0) >= 8)
  t.ok(read > 100 && read < 200, `${read} events were read`)
  await server.onInstanceEvent({ instance: 'new', event: 'call', data: 'new' })
  client.isAway = false
  await until(() => store.deliveries.pendingCount() === 0)
  t.equal(read, LANES + 1)
})

t.test('a queue that is denied or missing keeps its own fault in an outage', async (t) => {
  const outage = new Outage()
  const own = { failure: { kind: 'permanent', code: 'AccessDenied', message: 'no' }, since: 1 } as const
  const passing = { failure: { kind: 'transient', code: 'ECONNRESET', message: 'lost' }, since: 1 } as const
  t.equal(outage.holdupOf(own), own)
  t.equal(outage.holdupOf(undefined), undefined)
  outage.failed(lost)
  t.equal(outage.holdupOf(own), own)
  const { since } = outage.holdupOf(undefined) ?? {}
  outage.failed(lost)
  for (const holdup of [undefined, passing])
    t.strictSame(outage.holdupOf(holdup), { failure: outage.failure, since }, 'since its first failure')
})

t.test(
  'a failure of one connection stops calls until the first probe is answered, which is made at once',
  async (t) => {
    const { breaker, probes, user, fail } = start()
    fail()
    t.equal(breaker.open, true)
    fail()
    t.equal(probes.length, 1)
    probes[0]?.(OK)
    await Promise.resolve()
    await Promise.resolve()
    t.equal(breaker.open, false)
    t.equal(user.begun, 1)
    t.match(breaker.outage.failure, { code: 'ECONNRESET' }, 'it is reported until a send is answered')
  }
)

t.test('probes back off while they fail, and after each that was answered though sends fail', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { breaker, probes, user, fail } = start()
  const turns = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  fail()
  probes[0]?.(GONE)
  await turns()
  t.match(breaker.outage.failure, { code: 'ECONNREFUSED', message: 'SQS is unreachable: still away' })
  t.equal(probes.length, 1)
  mock.timers.tick(1_000)
  await turns()
  t.equal(probes.length, 2)
  probes[1]?.(OK)
  await turns()
  t.equal(user.begun, 1)

  fail()
  await turns()
  t.equal(probes.length, 2, 'not at once')
  breaker.answered()
  t.equal(breaker.open, false, 'a call that was under way was answered')
  mock.timers.tick(1_000)
  await turns()
  t.equal(probes.length, 2)
  fail()
  t.equal(probes.length, 3, 'at once, after an answer')
  breaker.answered()
  probes[2]?.(GONE)
  await turns()
  t.equal(breaker.outage.failure, undefined, 'a probe of an outage that is over tells nothing')
})

t.test('a failure of a call that began before SQS answered another one stops nothing', async (t) => {
  const { breaker, probes, fail } = start()
  const { answers } = breaker.outage
  breaker.answered()
  fail(answers)
  t.equal(breaker.open, false)
  breaker.failed(new CallError({ kind: 'permanent', code: 'AccessDenied', message: 'no' }, 403), 1)
  t.equal(breaker.open, false)
  t.equal(probes.length, 0)
})

t.test('there are no probes when nothing is to be sent, or after the end', async (t) => {
  const { breaker, probes, user, fail } = start()
  user.needsCalls = false
  fail()
  t.equal(breaker.open, false)
  user.needsCalls = true
  fail()
  breaker.stop()
  probes[0]?.(OK)
  await Promise.resolve()
  t.equal(user.begun, 1)
  breaker.answered()
  t.equal(user.begun, 1)
  fail()
  t.equal(probes.length, 1)
})

t.test('queues with an event each use all calls; a concurrency that was set stays', async (t) => {
  for (const [concurrency, most] of [
    [undefined, 32],
    [40, 40]
  ] as const) {
    const store = new SqliteStore({ path: ':memory:' })
    t.after(() => store.close())
    let underWay = 0
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const send = async ({ constructor: { name }, input }: Command) => {
      if (name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
      if (name !== 'SendMessageBatchCommand') return { QueueUrl: `http://sqs.test/1/${input.QueueName}` }
      underWay++
      await released
      return { Successful: input.Entries, Failed: [] }
    }
    const options = concurrency === undefined ? {} : { concurrency }
    const server = await build(t, { eventLog: { store }, sqs: { client: { send }, ...options } })
    await store.log.append(
      Array.from({ length: 60 }, (_, n) => newEvent({ instance: `tenant-${n}`, queues: [`tenant-${n}_call.fifo`] }))
    )
    await until(() => underWay >= most)
    t.equal(underWay, most)
    release()
    await until(() => store.deliveries.pendingCount() === 0)
    await server.close()
  }
})

t.test('while SQS answers probes, calls that fail hold nobody else back', async (t) => {
  let now = 1_000
  mock.method(performance, 'now', () => now)
  mock.method(Math, 'random', () => 0.5)
  t.teardown(() => mock.restoreAll())
  const { breaker, probes, user, fail } = start()
  /** SQS answers the probe under way. */
  const answer = async () => {
    probes.shift()?.(OK)
    await new Promise(setImmediate)
  }
  fail()
  t.equal(breaker.open, true)
  await answer()
  t.strictSame([breaker.open, user.begun], [false, 1])
  now += 99
  fail()
  t.strictSame([breaker.open, probes.length], [false, 0], 'it has just answered one')
  now += 1
  fail()
  t.strictSame([breaker.open, probes.length], [true, 1], 'that was a while ago')
  await answer()
  fail()
  t.equal(breaker.open, false)
  breaker.answered()
  fail()
  t.strictSame([breaker.open, probes.length], [true, 1], 'another call was answered since')
  await answer()
  t.equal(breaker.open, false)
})
