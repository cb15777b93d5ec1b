import { once } from 'node:events'
import t, { type Test } from 'tap'
import { Retention, type RetentionOptions } from '../../lib/store/retention.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { logLines } from '../support/log-lines.ts'
import { newEvent, newEvents } from '../support/new-event.ts'

const HOUR = 3_600_000

/** A retention of an hour on its own store; `lines` has the log lines. Stopped after the test. */
function start(t: Test, options: Partial<RetentionOptions> = {}) {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { log, lines } = logLines('debug')
  const limits = { hours: 1, maxBytes: Number.MAX_SAFE_INTEGER }
  const retention = new Retention({ logStore: store.log, log, intervalMs: 1, ...limits, ...options })
  t.after(() => retention.stop())
  return { store, retention, lines }
}

/** Appends events with an acceptance time `ageMs` ago. */
async function appendAgo(t: Test, store: SqliteStore, ageMs: number, events = newEvents(1)): Promise<void> {
  const { now } = Date
  const restore = t.intercept(Date, 'now', { value: () => now() - ageMs, configurable: true })
  await store.log.append(events)
  restore.restore()
}

async function left(store: SqliteStore): Promise<string[]> {
  return (await store.log.read({ after: 0, limit: 10_000 })).map(({ id }) => id)
}

t.test('events are removed when they are too old, in repeated rounds', async (t) => {
  const { store, retention, lines } = start(t)
  const young = newEvent({ id: 'young' })
  await appendAgo(t, store, HOUR + 1_000, newEvents(1_200))
  await appendAgo(t, store, HOUR + 1_000, [newEvent({ id: 'pending', queues: ['a'] })])
  await appendAgo(t, store, HOUR - 60_000, [young])
  const first = once(lines, 'line')
  retention.start()
  t.match(await first, [{ removed: 1_200, msg: 'Old events left the log' }])
  t.strictSame(await left(store), ['pending', 'young'])

  const second = once(lines, 'line')
  await store.deliveries.acknowledge([{ queue: 'a', instanceKey: 1, offset: 1_201 }])
  t.match(await second, [{ removed: 1 }], 'an event that was pending is removed in a later round')
  t.strictSame(await left(store), ['young'])
})

t.test('a failed round is logged as a warning, and the next round follows', async (t) => {
  const { store, retention, lines } = start(t)
  await appendAgo(t, store, 2 * HOUR)
  const prune = store.log.prune.bind(store.log)
  let failed = false
  t.intercept(store.log, 'prune', {
    value: (options: Parameters<typeof prune>[0]) => {
      if (failed) return prune(options)
      failed = true
      return Promise.reject(new Error('disk trouble'))
    }
  })
  const warned = once(lines, 'line')
  retention.start()
  t.match(await warned, [{ level: 40, err: { message: 'disk trouble' } }])
  t.match(await once(lines, 'line'), [{ removed: 1 }])
})

t.test('stopping waits for the round in progress, and no other follows', async (t) => {
  const { store, retention } = start(t)
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<{ removed: number; more: boolean }>()
  let rounds = 0
  t.intercept(store.log, 'prune', {
    value: () => {
      rounds++
      begun.resolve()
      return answer.promise
    }
  })
  retention.start()
  retention.start()
  await begun.promise
  let stopped = false
  const stopping = retention.stop().then(() => (stopped = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(stopped, false)
  answer.resolve({ removed: 500, more: true })
  await stopping
  t.equal(rounds, 1, 'no further round, though events are left')
  await retention.stop()
})

t.test('a retention that was never started can be stopped', async (t) => {
  const { retention } = start(t)
  await retention.stop()
  await retention.stop()
  t.pass()
})

t.test('a log that takes too many bytes loses young events as well', async (t) => {
  const { store, retention, lines } = start(t, { maxBytes: 1 })
  await store.log.append(newEvents(3))
  const removed = once(lines, 'line')
  retention.start()
  t.match(await removed, [{ removed: 3 }])
})

t.test('a single round can be run', async (t) => {
  const { store, retention } = start(t, { intervalMs: 86_400_000 })
  await appendAgo(t, store, 2 * HOUR, newEvents(700))
  retention.start()
  t.equal(await retention.prune(), 700)
  t.equal(await retention.prune(), 0)
})
