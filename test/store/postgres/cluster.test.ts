import { POSTGRES_VERSION } from '../../../lib/store/postgres/migrations.ts'
import t from 'tap'
import { CALLER_ID, type StoredEvent } from '../../../lib/events/event.ts'
import { LOCKS, lockSpace } from '../../../lib/store/postgres/locks.ts'
import type { LogSubscriber } from '../../../lib/store/log-store.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNodes, openNode, startPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

/** Subscribes to the instances that a function returns at each call of `interest`. */
class Picky implements LogSubscriber {
  readonly got: string[] = []
  readonly asked: number[] = []
  head = 0
  readonly #keys: () => Iterable<number>

  constructor(keys: () => Iterable<number>) {
    this.#keys = keys
  }

  interest() {
    const instanceKeys = [...this.#keys()]
    this.asked.push(instanceKeys.length)
    return { all: false, instanceKeys }
  }

  advanced(events: readonly StoredEvent[], head: number) {
    this.got.push(...events.map(({ instance }) => instance))
    this.head = head
  }

  entered() {}
}

if (await havePostgres(t)) {
  t.test('three nodes that start at the same time on an empty database create one schema', async (t) => {
    const { postgres, nodes } = await openNodes(t, 3)
    const versions = await postgres.query(`SELECT version FROM ${postgres.schema}.schema_version`)
    t.strictSame(versions, [{ version: POSTGRES_VERSION }])
    await until(() => nodes.every((node) => node.status().nodes === 3))
    t.match(nodes[0].status(), { connected: true, partitions: 0, head: 0, position: 0, lagMs: 0 })
  })

  t.test('appends of three nodes get dense offsets, and every node follows them all in order, each once', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const followers = nodes.map((node) => {
      const follower = new RecordingSubscriber()
      node.log.tail(follower)
      return follower
    })
    const results = await Promise.all(
      Array.from({ length: 600 }, (_, n) => nodes[n % 3]!.log.append([newEvent({ instance: `i${n % 7}` })]))
    )
    const offsets = results.map(([result]) => result!.offset).sort((a, b) => a - b)
    const dense = Array.from({ length: 600 }, (_, n) => n + 1)
    t.strictSame(offsets, dense)
    for (const follower of followers) {
      await follower.reached(600)
      t.strictSame(follower.offsets, dense)
    }
    t.strictSame(
      nodes[1].instances
        .list()
        .toArray()
        .map(({ name, key }) => [name, key])
        .sort(),
      nodes[2].instances
        .list()
        .toArray()
        .map(({ name, key }) => [name, key])
        .sort()
    )
    t.equal(nodes[0].instances.size, 7)
    t.match(nodes[0].status(), { head: 600, position: 600, lagMs: 0 })
  })

  t.test('a subscriber gets an event with the selections of its acceptance known', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const known: unknown[] = []
    const follower = new RecordingSubscriber()
    follower.advanced = (events) => {
      for (const { instance, id } of events) known.push([id, other.instances.get(instance)?.selections.websocket?.id])
      follower.changed()
    }
    other.log.tail(follower)
    const expected: unknown[] = []
    for (let n = 0; n < 20; n++) {
      const input = { enabled: true, events: ['CALL'] }
      const { selections } = await one.instances.setSelection(`i${n}`, 'websocket', input, { register: true })
      await one.log.append([newEvent({ instance: `i${n}`, id: `${n}` })])
      expected.push([`${n}`, selections.websocket?.id])
    }
    await follower.until(() => known.length === 20)
    t.strictSame(known, expected)
  })

  t.test('a subscriber of some instances gets no events of others', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { key } = await one.instances.create({ name: 'sales', token: 'secret-1' })
    await one.instances.create({ name: 'support', token: 'secret-2' })
    const sales = new Picky(() => [key])
    const nobody = new Picky(() => [])
    // More than a thousand instances: all events are read.
    const many = new Picky(() => Array.from({ length: 1_001 }, (_, n) => n + 1_000))
    const absent = new Picky(() => [10_000])
    for (const subscriber of [sales, nobody, many, absent]) other.log.tail(subscriber)
    await one.log.append(['sales', 'support', 'sales'].map((instance) => newEvent({ instance })))
    await until(() => sales.head === 3 && nobody.head === 3 && many.head === 3 && absent.head === 3)
    t.strictSame(sales.got, ['sales', 'sales'])
    t.strictSame([...nobody.got, ...absent.got], [])
    t.strictSame(many.got, ['sales', 'support', 'sales'])
  })

  t.test('events of an instance that a subscriber adds during a read are not skipped', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { key: sales } = await one.instances.create({ name: 'sales', token: 'secret-1' })
    const { key: support } = await one.instances.create({ name: 'support', token: 'secret-2' })
    // As when a socket joins during a read: one of another instance, or one of all.
    const growing = new Picky(() => (growing.asked.length === 0 ? [sales] : [sales, support]))
    const widening = new Picky(() =>
      widening.asked.length === 0 ? [sales] : Array.from({ length: 1_001 }, (_, n) => n)
    )
    other.log.tail(growing)
    other.log.tail(widening)
    await one.log.append(['sales', 'support'].map((instance) => newEvent({ instance })))
    await until(() => growing.head === 2 && widening.head === 2)
    t.strictSame(growing.got, ['sales', 'support'])
    t.strictSame(widening.got, ['sales', 'support'])
  })

  t.test('a subscriber that stops during a read is not called, and one that is behind is shown to be', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const stopping = new RecordingSubscriber()
    const stop = other.log.tail(stopping)
    const behind: unknown[] = []
    stopping.interest = () => {
      behind.push(other.status())
      stop()
      return { all: true, instanceKeys: [] }
    }
    const staying = new RecordingSubscriber()
    other.log.tail(staying)
    await one.log.append(newEvents(1))
    await staying.reached(1)
    await until(() => behind.length > 0)
    t.match(behind, [{ head: 1, position: 0 }])
    t.ok((behind[0] as { lagMs: number }).lagMs > 0)
    t.strictSame(stopping.events, [])
  })

  t.test('a log longer and larger than a page is followed completely', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const follower = new RecordingSubscriber()
    other.log.tail(follower)
    await one.log.append(newEvents(1_203))
    await one.log.append(newEvents(6, { data: `"${'x'.repeat(1_500_000)}"` }))
    await follower.reached(1_209)
    t.strictSame(
      follower.offsets,
      Array.from({ length: 1_209 }, (_, n) => n + 1)
    )
    t.ok(follower.positions.length > 4, 'in pages')
  })

  t.test('an id is accepted once, whichever node gets it', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const event = newEvent({ id: 'order-1', flags: CALLER_ID })
    const results = (await Promise.all(nodes.map((node) => node.log.append([event])))).flat()
    t.strictSame(
      results.map(({ offset }) => offset),
      [1, 1, 1]
    )
    t.strictSame(results.map(({ duplicate }) => duplicate).sort(), [false, true, true])
  })

  t.test('a node counts the backlog of all nodes', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openNode(t, postgres)
    const other = await openNode(t, postgres, { maxPendingDeliveries: 5 })
    await one.log.append(newEvents(5, { queues: ['a'] }))
    await until(() => other.deliveries.pendingCount() === 5)
    await t.rejects(other.log.append(newEvents(1, { queues: ['a'] })), { code: 'IEV_BACKPRESSURE' })
    const { key } = one.instances.require('sales')
    await one.deliveries.acknowledge([1, 2, 3].map((offset) => ({ queue: 'a', instanceKey: key, offset })))
    await one.close()
    await until(() => other.deliveries.pendingCount() === 2)
    t.equal(other.status().nodes, 1)
  })

  t.test('the share of an instance is that of all nodes', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openNode(t, postgres, { maxPendingDeliveries: 20 })
    const other = await openNode(t, postgres, { maxPendingDeliveries: 20 })
    await one.log.append(newEvents(1, { instance: 'quiet', queues: ['a'] }))
    await one.log.append(newEvents(10, { instance: 'greedy', queues: ['a'] }))
    await until(() => other.deliveries.pendingCount() === 11)
    const refused = other.log.append(newEvents(1, { instance: 'greedy', queues: ['a'] }))
    await t.rejects(refused, { code: 'IEV_BACKPRESSURE', instance: 'greedy' })
    await t.resolves(other.log.append(newEvents(9, { instance: 'quiet', queues: ['a'] })))
  })

  t.test('one node prunes at a time, and the others see how far', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    await one.log.append(newEvents(1_200))
    const everything = { acceptedBefore: Date.now() + 86_400_000.5, maxBytes: Number.MAX_SAFE_INTEGER }
    const rounds = await Promise.all([one.log.prune(everything), other.log.prune(everything)])
    t.ok(rounds.some(({ removed, more }) => removed === 500 && more))
    for (let more = true; more;) ({ more } = await one.log.prune(everything))
    t.match(await other.log.range(), { first: 1_201, head: 1_200, prunedTo: 1_200 })
  })

  t.test('a node leaves pruning to another one that has begun', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const [node] = nodes
    await node.log.append([newEvent({ instance: 'quiet' }), ...newEvents(9, { instance: 'greedy' })])
    const { query, schema } = postgres
    const small = { acceptedBefore: 0, maxBytes: 2_000 }
    await query('SELECT pg_advisory_lock($1, $2)', [lockSpace(schema), LOCKS.prune])
    t.strictSame(await node.log.prune(small), { removed: 0, more: false })
    await query('SELECT pg_advisory_unlock($1, $2)', [lockSpace(schema), LOCKS.prune])
    while ((await node.log.prune(small)).more);
    const [first] = await node.log.read({ after: 0, limit: 1 })
    t.equal(first?.instance, 'quiet')
  })

  t.test('a node learns what instances hold of events that others append, count and prune', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const data = `"${'x'.repeat(1_000)}"`
    await one.log.append(newEvents(100, { data }))
    const { key } = one.instances.require('sales')
    t.same([one.log.retainedBytes(key), other.log.retainedBytes(key)], [0, 0])
    await until(() => one.log.retainedBytes(key) > 100_000 && other.log.retainedBytes(key) > 100_000)
    await one.log.append([newEvent({ data, instance: 'support' }), ...newEvents(100, { data })])
    t.ok(one.log.retainedBytes(key) > 200_000, 'its own at once')
    await until(() => other.log.retainedBytes(key) > 200_000)
    t.ok(other.log.retainedBytes(key) < 300_000)
    while ((await one.log.prune({ acceptedBefore: Date.now() + 86_400_000, maxBytes: Infinity })).more);
    await until(() => one.log.retainedBytes(key) === 0 && other.log.retainedBytes(key) === 0)
  })

  t.test('events accepted before the clock was set back stay longer, and hide no old ones', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const [node] = nodes
    await node.log.append(newEvents(1_200))
    const { query, schema } = postgres
    const hourMs = 3_600_000
    await query(
      `UPDATE ${schema}.events SET accepted_at = CASE WHEN "offset" <= 600 THEN $1::bigint ELSE $2::bigint END`,
      [Date.now() + hourMs, Date.now() - hourMs]
    )
    const old = { acceptedBefore: Date.now() - hourMs / 2, maxBytes: Number.MAX_SAFE_INTEGER }
    while ((await node.log.prune(old)).more);
    const left = await node.log.read({ after: 0, limit: 2_000 })
    t.same([left.length, left[0]?.offset, left.at(-1)?.offset], [600, 1, 600])
  })
}
