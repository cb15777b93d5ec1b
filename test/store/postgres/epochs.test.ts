import { randomUUID } from 'node:crypto'
import t from 'tap'
import { PostgresEpoch } from '../../../lib/store/postgres/epoch.ts'
import { PostgresLaneReads } from '../../../lib/store/postgres/lane-reads.ts'
import { postgresMigrations } from '../../../lib/store/postgres/migrations.ts'
import type { LogStore } from '../../../lib/store/log-store.ts'
import { startCopiedDatabase } from '../../support/database-copies.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNode, openNodes, startPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { soon, until } from '../../support/until.ts'

const PAGE = { after: 0, limit: 100, maxBytes: Infinity }
/** Records what a node passes on of its log. */
const follow = ({ log }: { log: LogStore }) => {
  const follower = new RecordingSubscriber()
  log.tail(follower)
  return follower
}
const EVERYTHING = { acceptedBefore: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }

if (await havePostgres(t)) {
  t.test('only the first node begins an epoch', async (t) => {
    const { postgres, nodes } = await openNodes(t, 2)
    const ids = async () => Promise.all(nodes.map(async ({ log }) => (await log.range()).id))
    await nodes[0].log.append(newEvents(2))
    const [first, second] = await ids()
    t.equal(first, second)
    const third = await openNode(t, postgres)
    t.equal((await third.log.range()).id, first)
    await Promise.all([nodes[0].close(), nodes[1].close(), third.close()])
    const again = await openNode(t, postgres)
    const { id } = await again.log.range()
    t.not(id, first)
    t.strictSame(await again.log.commonWith(first!), { id, upTo: 2, isKnown: true })
  })

  t.test('an append on another server process begins an epoch, which every node knows before its events', async (t) => {
    // No beat is faster than the append.
    t.intercept(PostgresEpoch.prototype, 'begin', { value: async () => {} })
    const { postgres, nodes } = await openNodes(t, 2)
    const { schema, query } = postgres
    const followers = nodes.map(follow)
    await nodes[0].log.append(newEvents(2))
    await Promise.all(followers.map((follower) => follower.reached(2)))
    const { id: before } = await nodes[0].log.range()
    // As if PostgreSQL had been started anew.
    await query(`UPDATE ${schema}.log SET place = 'of another process'`)
    t.equal((await nodes[1].log.range()).id, before, 'nothing has been appended since')
    await nodes[0].log.append(newEvents(1))
    await nodes[0].log.append(newEvents(1))
    const { id } = await nodes[1].log.range()
    t.not(id, before)
    await Promise.all(followers.map((follower) => follower.reached(4)))
    for (const { epochs, offsets } of followers) {
      t.match(epochs, [{ id: before }, { id, upTo: 2 }])
      t.strictSame(offsets, [1, 2, 3, 4])
    }
  })

  t.test('a follower that is to read no event of an append learns of its epoch before its offsets', async (t) => {
    t.intercept(PostgresEpoch.prototype, 'begin', { value: async () => {} })
    const { postgres, nodes } = await openNodes(t, 2)
    const { schema, query } = postgres
    await nodes[0].log.append(newEvents(2))
    await nodes[1].log.append([newEvent({ instance: 'support' })])
    await Promise.all(nodes.map((node) => until(() => node.status().head === 3)))
    const { key } = nodes[1].instances.require('support')
    const of = (instanceKeys: number[]) => {
      const follower = new RecordingSubscriber()
      const told: unknown[] = []
      nodes[1].log.tail({
        interest: () => ({ all: false, instanceKeys }),
        entered: (epoch) => {
          told.push(epoch)
          follower.entered(epoch)
        },
        advanced: (events, position) => {
          told.push(position)
          follower.advanced(events, position)
        }
      })
      return { follower, told }
    }
    const followers = [of([]), of([key])]
    const { id: before } = await nodes[0].log.range()
    await query(`UPDATE ${schema}.log SET place = 'of another process'`)
    await nodes[0].log.append(newEvents(2))
    const { id } = await nodes[0].log.range()
    for (const { follower, told } of followers) {
      await follower.reached(5)
      t.strictSame(told, [{ id: before, upTo: 3 }, 3, { id, upTo: 3 }, 5])
    }
  })

  t.test('a commit of an epoch that has ended, of which a node hears late, is not one of the log', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const { schema, query } = postgres
    const [node] = nodes
    const follower = follow(node)
    await node.log.append(newEvents(2))
    await query(`SELECT pg_notify($1, 'log 100 2  of-another-epoch')`, [schema])
    // The next notification has come.
    const next = new Promise<void>((resolve) => node.blockedAddresses.listen(() => resolve()))
    node.blockedAddresses.tell('192.0.2.1', 1)
    await soon(next, 'a notification')
    await node.log.append(newEvents(1))
    await follower.reached(3)
    t.match(node.status(), { head: 3, position: 3 })
  })

  t.test(
    'a node begins an epoch when it finds itself on another server process, and passes what is pending again',
    async (t) => {
      const { postgres, nodes } = await openNodes(t, 2)
      const { schema, query } = postgres
      const followers = nodes.map(follow)
      const watcher = new RecordingWatcher()
      await nodes[0].deliveries.watch(watcher)
      await nodes[0].log.append(newEvents(2, { queues: ['a'] }))
      await watcher.until(() => watcher.told.length === 2)
      const [{ id: before }] = [await nodes[0].log.range()]
      await query(`UPDATE ${schema}.log SET place = 'of another process'`)
      await Promise.all(followers.map((follower) => follower.until(() => follower.epochs.length === 2)))
      const { id } = await nodes[0].log.range()
      for (const { epochs } of followers) t.match(epochs, [{ id: before }, { id, upTo: 2 }])
      await watcher.until(() => watcher.told.length === 3)
      t.equal(watcher.lost.length, 256)
      await nodes[0].log.append(newEvents(1))
      t.equal((await nodes[0].log.range()).id, id, 'it is the epoch of what is appended')
    }
  )

  t.test('what is pending is read again if an epoch begins meanwhile, and passed once', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const { schema, query } = postgres
    const [{ log, deliveries }] = nodes
    await log.append(newEvents(1, { queues: ['a'] }))
    const before = deliveries.epoch
    const { pending } = PostgresLaneReads.prototype
    let reads = 0
    t.intercept(PostgresLaneReads.prototype, 'pending', {
      async value(this: PostgresLaneReads, partitions: readonly number[]) {
        const lanes = await pending.call(this, partitions)
        if (reads++ > 0) return lanes
        await query(`UPDATE ${schema}.log SET place = 'of another process'`)
        await until(() => deliveries.epoch !== before)
        return lanes
      }
    })
    const watcher = new RecordingWatcher()
    await deliveries.watch(watcher)
    await watcher.until(() => watcher.told.length > 0)
    t.ok(reads > 1)
    t.equal(watcher.told.length, 1)
  })

  t.test('a lane is not read from a connection that sees another epoch than this node', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const { schema, query } = postgres
    const [{ log, instances, deliveries }] = nodes
    await log.append(newEvents(1, { queues: ['a'] }))
    const lane = { queue: 'a', instanceKey: instances.require('sales').key }
    const { restore } = t.intercept(PostgresEpoch.prototype, 'sync', { value: async () => {}, configurable: true })
    await query(`UPDATE ${schema}.log SET id = 'of another server'`)
    await t.rejects(deliveries.readLane(lane, PAGE), { code: 'IEV_BACKPRESSURE', message: /different epochs/ })
    restore()
    t.match(await deliveries.readLane(lane, PAGE), [{ offset: 1 }])
  })

  t.test('a sender takes no partitions of a server before its node knows the epoch there', async (t) => {
    const postgres = await startPostgres(t)
    const node = await openNode(t, postgres, { timing: { beatMs: 60_000, silenceMs: 120_000 } })
    const { id } = await node.log.range()
    const told: { epoch: string | undefined; news: () => void }[] = []
    t.intercept(PostgresEpoch.prototype, 'tell', {
      value: (epoch: string | undefined, news: () => void) => void told.push({ epoch, news })
    })
    await node.deliveries.watch(new RecordingWatcher())
    t.match(told, [{ epoch: id }])
    t.notOk(node.deliveries.maySend(1))
    told[0]?.news()
    await until(() => node.deliveries.maySend(1))
  })

  t.test('after a failover to a standby that lagged, nodes follow what is there now', async (t) => {
    const database = await startCopiedDatabase(t)
    const postgres = { url: database.url, schema: 'instance_events' }
    const nodes = [await openNode(t, postgres), await openNode(t, postgres)] as const
    const [follower, watcher] = [follow(nodes[0]), new RecordingWatcher()]
    await nodes[0].deliveries.watch(watcher)
    await nodes[0].log.append(newEvents(2, { queues: ['c'] }))
    await nodes[0].instances.create({ name: 'support', token: 'of-support' })
    await nodes[0].instances.create({ name: 'kept', token: 'of-kept' })
    const { id: before } = await nodes[0].log.range()
    await database.copy()
    await until(() => nodes.every((node) => node.status().connected))
    await nodes[0].log.append(newEvents(3, { queues: ['a'] }))
    await nodes[1].instances.create({ name: 'lost', token: 'of-lost' })
    await nodes[1].instances.remove('support')
    await follower.reached(5)
    // It has the name of another one, and another key.
    await nodes[1].instances.create({ name: 'support', token: 'of-new-support' })
    await until(() => nodes[0].instances.findByToken('of-new-support') !== undefined)

    await database.fallBack()
    await until(() => nodes.every((node) => node.status().connected))
    await until(async () => (await nodes[1].log.range()).id !== before)
    const { id } = await nodes[1].log.range()
    t.strictSame(await nodes[1].log.commonWith(before), { id, upTo: 2, isKnown: true })
    const [sent] = await nodes[1].log.append([newEvent({ id: 'sent', queues: ['a', 'b'] })])
    t.equal(sent?.offset, 3)
    await nodes[1].log.append([newEvent({ id: 'last' })])
    await follower.reached(4)
    t.equal((await nodes[1].log.range()).id, id)
    t.match(follower.epochs, [{ id: before }, { id, upTo: 2 }])
    t.strictSame(follower.offsets, [1, 2, 3, 4, 5, 3, 4])
    t.strictSame(
      follower.events.slice(-2).map(({ id }) => id),
      ['sent', 'last']
    )
    const { key } = nodes[0].instances.require('sales')
    await watcher.until(() => watcher.told.includes(`b ${key}`))
    t.match(nodes[0].status(), { head: 4, position: 4 })

    // What was read before is of the old log from offset 3 on.
    const read = (queue: string, offset: number) => ({ queue, instanceKey: key, offset, epoch: before })
    const left = async (queue: string) =>
      (await nodes[0].deliveries.readLane({ queue, instanceKey: key }, PAGE)).map(({ offset }) => offset)
    const failure = { reason: 'AccessDenied', message: 'not yours', attempts: 3 }
    await nodes[0].deliveries.acknowledge([read('a', 3), read('c', 1), { ...read('b', 3), epoch: 'unknown' }])
    await nodes[0].deliveries.bury(read('b', 3), failure)
    t.strictSame(await Promise.all(['a', 'b', 'c'].map(left)), [[3], [3], [2]])
    t.equal((await nodes[0].deadLetters.count()).count, 0)
    await nodes[0].deliveries.acknowledge([{ ...read('a', 3), epoch: id }])
    await nodes[0].deliveries.bury(read('c', 2), failure)
    t.strictSame(await Promise.all(['a', 'b', 'c'].map(left)), [[], [3], []])
    t.match(await nodes[0].deadLetters.read({ after: 0, limit: 10 }), [{ queue: 'c', offset: 2 }])

    const names = nodes.map(({ instances }) => [...instances.list()].map(({ name }) => name).sort())
    t.strictSame(names, [
      ['kept', 'sales', 'support'],
      ['kept', 'sales', 'support']
    ])
    t.equal(nodes[0].instances.findByToken('of-lost'), undefined)
    t.equal(nodes[0].instances.findByToken('of-new-support'), undefined)
    t.equal(nodes[0].instances.findByToken('of-support')?.name, 'support')
    while ((await nodes[0].log.prune(EVERYTHING)).more);
  })

  t.test('changes of an instance that was lost do not reach the one that has its key now', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const { schema, query } = postgres
    const [{ instances }] = nodes
    await instances.create({ name: 'lost', token: 'of-one-tenant' })
    // A standby that lagged has given the key and the version again, before the node knows of it.
    const replace = (name: string) => query(`UPDATE ${schema}.instances SET id = $1, name = $2`, [randomUUID(), name])
    const names = async () => (await query(`SELECT name FROM ${schema}.instances`)).map(({ name }) => name)

    await replace('other')
    await t.rejects(instances.setToken('lost', 'new'), { code: 'IEV_INSTANCE_NOT_FOUND' })
    t.match(instances.findByToken('of-one-tenant'), { name: 'other' })
    t.equal(instances.findByToken('new'), undefined)

    await replace('third')
    await t.rejects(instances.remove('other'), { code: 'IEV_INSTANCE_NOT_FOUND' })
    t.strictSame(await names(), ['third'])
    t.match(instances.list().toArray(), [{ name: 'third' }])

    await replace('third')
    t.match(await instances.setToken('third', 'new'), { name: 'third' })
    await replace('third')
    t.match(await instances.remove('third'), { name: 'third' })
    t.strictSame(await names(), [])
  })

  t.test('the last 1,000 epochs are known', async (t) => {
    const { schema, query, url } = await startPostgres(t)
    const node = await openNode(t, { url, schema })
    const { id: first } = await node.log.range()
    await node.log.append(newEvents(1))
    const begin = (count: number) =>
      query(`SELECT ${schema}.begin_epoch(last_offset) FROM ${schema}.log, generate_series(1, $1::int)`, [count])
    await begin(998)
    t.match(await node.log.commonWith(first), { upTo: 1 })
    await begin(2)
    t.match(await node.log.commonWith(first), { upTo: 0, isKnown: false })
    t.strictSame(await query(`SELECT count(*)::int AS count FROM ${schema}.epochs`), [{ count: 1_000 }])
  })

  t.test('a log of an older release keeps its id, for clients that come back', async (t) => {
    const postgres = await startPostgres(t)
    const { schema, query } = postgres
    await query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.schema_version AS SELECT 4 AS version`)
    for (const step of postgresMigrations(schema).slice(0, 4)) await query(step)
    await query(`UPDATE ${schema}.log SET last_offset = 7`)
    const [log] = await query(`SELECT id FROM ${schema}.log`)
    const node = await openNode(t, postgres)
    t.match(await node.log.commonWith(log!.id as string), { upTo: 7 })
    t.not((await node.log.range()).id, log!.id)
  })
}
