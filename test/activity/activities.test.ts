import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { Activities } from '../../lib/activity/activities.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import type { SumsOptions } from '../../lib/store/log-store.ts'
import { openStore } from '../../lib/store/open.ts'
import { PostgresStore } from '../../lib/store/postgres/store.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { backends } from '../support/backends.ts'
import { newEvent, newEvents } from '../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const { log } = Fastify()
const HOUR = 3_600_000
const NOTHING = { lastEventAt: null, lastEvent: null, connectionState: null, events: { minute: 0, hour: 0, day: 0 } }

/** Activities that have begun to follow a store. */
function follow(t: Test, store: EventStore, now?: () => number): Activities {
  const activities = new Activities({ store, log, ...(now && { now }) })
  activities.start()
  t.after(() => activities.stop())
  return activities
}

const update = (state: string) => newEvent({ event: 'connection.update', data: JSON.stringify({ state }) })

for (const { name, start } of await backends(t)) {
  t.test(`${name}: events are counted as they come, and again from the log after a restart`, async (t) => {
    const url = await start(t)
    const store = await openStore({ url })
    const activities = follow(t, store)
    await store.log.append([update('open'), ...newEvents(3)])
    await store.log.append([update('close'), newEvent({ event: 'call' })])
    await store.log.append([newEvent({ instance: 'support' })])
    await activities.refresh()
    const sales = store.instances.require('sales')
    const known = activities.of(sales)
    t.match(known, { lastEvent: 'call', connectionState: 'close', events: { minute: 6, hour: 6, day: 6 } })
    t.ok(Math.abs(Number(known.lastEventAt) - Date.now()) < 60_000)
    t.match(activities.of(store.instances.require('support')), { connectionState: null, events: { day: 1 } })
    t.same(
      [...activities.records()].map(({ instance, lastOffset }) => [instance, lastOffset]),
      [
        ['sales', 6],
        ['support', 7]
      ]
    )
    await activities.stop()
    await store.close()

    const again = await openStore({ url })
    t.after(() => again.close())
    const read = follow(t, again)
    await until(() => read.countedSince === null)
    t.same(read.of(sales), known)
    await again.log.append(newEvents(1))
    await read.refresh()
    t.match(read.of(sales), { lastEvent: 'messages.upsert', connectionState: 'close', events: { day: 7 } })
  })

  t.test(`${name}: a removed instance is forgotten, and one of its name does not inherit what it sent`, async (t) => {
    const store = await openStore({ url: await start(t) })
    t.after(() => store.close())
    await store.log.append(newEvents(1))
    const before = store.instances.require('sales')
    const activities = follow(t, store)
    await until(() => activities.countedSince === null)
    t.match(activities.of(before), { lastEvent: 'messages.upsert' })
    await store.instances.remove('sales')
    t.same(activities.of(before), NOTHING)
    const after = await store.instances.create({ name: 'sales', token: 'token-of-sales' })
    const anew = follow(t, store)
    await until(() => anew.countedSince === null)
    t.same([await anew.find(after), ...anew.records()], [NOTHING])
  })
}

t.test('SQLite: what is older than a day is found when it is asked for', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { now } = Date
  const restore = t.intercept(Date, 'now', { value: () => now() - 30 * HOUR, configurable: true })
  await store.log.append(newEvents(2_500, { instance: 'old' }))
  restore.restore()
  await store.log.append(newEvents(2_500))
  const old = store.instances.require('old')
  const activities = follow(t, store)
  await until(() => activities.countedSince === null)
  t.match(activities.of(store.instances.require('sales')), { events: { minute: 2_500 } })
  await activities.stop()

  const read = follow(t, store, () => now() + 30 * HOUR)
  await until(() => read.countedSince === null)
  t.same(read.of(old), NOTHING, 'the first stretch is older than a day already')
  const found = await read.find(old)
  t.match(found, { lastEvent: 'messages.upsert', events: { day: 0 } })
  t.ok(now() - Number(found.lastEventAt) > 29 * HOUR)
  t.same(await read.find(old), found)
})

t.test('an instance whose silence means nothing has no record among the others', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const activities = new Activities({ store, log, except: 'ops' })
  activities.start()
  t.after(() => activities.stop())
  await store.log.append([newEvent(), newEvent({ instance: 'ops' })])
  t.same(
    [...activities.records()].map(({ instance }) => instance),
    ['sales']
  )
  t.match(activities.of(store.instances.require('ops')), { events: { day: 1 } }, 'what it has sent is known')
})

t.test('an empty log is counted at once', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const activities = follow(t, store)
  await until(() => activities.countedSince === null)
  t.same([...activities.records()], [])
})

t.test('a node alone follows the events of all instances', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const tail = store.log.tail.bind(store.log)
  const interests: unknown[] = []
  t.intercept(store.log, 'tail', {
    value: (subscriber: Parameters<typeof tail>[0]) => {
      interests.push(subscriber.interest())
      return tail(subscriber)
    }
  })
  follow(t, store)
  t.same(interests, [{ all: true, instanceKeys: [] }])
})

t.test('a log that cannot be read back leaves counts of what comes', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  await store.log.append(newEvents(1))
  t.intercept(store.log, 'range', { value: () => Promise.reject(new Error('gone')) })
  const activities = follow(t, store)
  await store.log.append(newEvents(1))
  t.match(activities.of(store.instances.require('sales')), { events: { day: 1 } })
  await activities.stop()
  t.ok(activities.countedSince)
})

t.test('reading back rests longer while deliveries are pending, until they are sent', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  await store.log.append(newEvents(2_500))
  const steps: string[] = []
  const { log: events } = store
  const sums = events.sums.bind(events)
  t.intercept(events, 'sums', { value: (options: SumsOptions) => (steps.push('read'), sums(options)) })
  const pending = () => (steps.push('rest'), steps.filter((step) => step === 'read').length === 1 ? 1_001 : 1_000)
  t.intercept(store.deliveries, 'pendingCount', { value: pending })
  const activities = follow(t, store)
  await until(() => activities.countedSince === null)
  t.same(steps, ['read', ...Array.from({ length: 24 }, () => 'rest'), 'read', 'rest', 'read', 'rest'])
})

t.test('reading back ends with the server', async (t) => {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  await store.log.append(newEvents(4_500))
  const activities = follow(t, store)
  await activities.stop()
  t.match(activities.of(store.instances.require('sales')), { events: { day: 1_000 } })
  t.ok(activities.countedSince)
})

void t.test('PostgreSQL', async (t) => {
  if (!(await havePostgres(t))) return

  await t.test('events that one node accepts are known on the others', async (t) => {
    const postgres = await startPostgres(t)
    const [a, b] = (await Promise.all([openNode(t, postgres), openNode(t, postgres)])) as [PostgresStore, PostgresStore]
    const [ofA, ofB] = [follow(t, a), follow(t, b)]
    await a.log.append([update('open'), ...newEvents(2)])
    await b.log.append([newEvent({ event: 'call' })])
    await Promise.all([ofA.refresh(), ofB.refresh()])
    const sales = a.instances.require('sales')
    t.match(ofA.of(sales), { lastEvent: 'call', connectionState: 'open', events: { minute: 4 } })
    t.same(ofB.of(sales), ofA.of(sales))
    await ofB.refresh()
    t.match(ofB.of(sales), { events: { minute: 4 } }, 'nothing is counted twice')
  })
})
