import { postgresMigrations } from '../../lib/store/migrations/postgres.ts'
import t, { type Test } from 'tap'
import type { InstanceChange } from '../../lib/store/instances.ts'
import type { PostgresStore } from '../../lib/store/postgres.ts'
import { CALLER_ID, type LogSubscriber, type StoredEvent } from '../../lib/store/types.ts'
import { build } from '../support/build.ts'
import { newEvent, newEvents } from '../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../support/postgres.ts'
import { RecordingSubscriber } from '../support/recorders.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** Nodes on one database. */
async function openNodes(t: Test, count: number) {
  const postgres = await startPostgres(t)
  const nodes = await Promise.all(Array.from({ length: count }, () => openNode(t, postgres)))
  // As many as were asked for.
  return { postgres, nodes: nodes as [PostgresStore, PostgresStore, PostgresStore] }
}

/** Follows these instances, whichever they are when it is asked. */
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
}

if (await havePostgres(t)) {
  t.test('three nodes that start at once on an empty database make one schema', async (t) => {
    const { postgres, nodes } = await openNodes(t, 3)
    const versions = await postgres.query(`SELECT version FROM ${postgres.schema}.schema_version`)
    t.strictSame(versions, [{ version: postgresMigrations(postgres.schema).length }])
    await until(() => nodes.every((node) => node.status().nodes === 3))
    t.match(nodes[0].status(), { connected: true, partitions: 0, head: 0, position: 0, lagMs: 0 })
  })

  t.test('appends of three nodes have dense offsets, and every node has all of them in order, once', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const followers = nodes.map((node) => {
      const follower = new RecordingSubscriber()
      node.tail(follower)
      return follower
    })
    const results = await Promise.all(
      Array.from({ length: 600 }, (_, n) => nodes[n % 3]!.append([newEvent({ instance: `i${n % 7}` })]))
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
        .map(({ name, key }) => [name, key])
        .sort(),
      nodes[2].instances
        .list()
        .map(({ name, key }) => [name, key])
        .sort()
    )
    t.equal(nodes[0].instances.size, 7)
    t.match(nodes[0].status(), { head: 600, position: 600, lagMs: 0 })
  })

  t.test('who has an event knows what was selected when it was accepted', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const known: unknown[] = []
    const follower = new RecordingSubscriber()
    follower.advanced = (events) => {
      for (const { instance, id } of events) known.push([id, other.instances.get(instance)?.selections.websocket?.id])
      follower.changed()
    }
    other.tail(follower)
    const expected: unknown[] = []
    for (let n = 0; n < 20; n++) {
      const input = { enabled: true, events: ['CALL'] }
      const { selections } = await one.instances.setSelection(`i${n}`, 'websocket', input, { register: true })
      await one.append([newEvent({ instance: `i${n}`, id: `${n}` })])
      expected.push([`${n}`, selections.websocket?.id])
    }
    await follower.until(() => known.length === 20)
    t.strictSame(known, expected)
  })

  t.test('who follows some instances is read no others', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { key } = await one.instances.ensure('sales')
    await one.instances.ensure('support')
    const sales = new Picky(() => [key])
    const nobody = new Picky(() => [])
    // Past a thousand it is cheaper to read all.
    const many = new Picky(() => Array.from({ length: 1_001 }, (_, n) => n + 1_000))
    const absent = new Picky(() => [10_000])
    for (const subscriber of [sales, nobody, many, absent]) other.tail(subscriber)
    await one.append(['sales', 'support', 'sales'].map((instance) => newEvent({ instance })))
    await until(() => sales.head === 3 && nobody.head === 3 && many.head === 3 && absent.head === 3)
    t.strictSame(sales.got, ['sales', 'sales'])
    t.strictSame([...nobody.got, ...absent.got], [])
    t.strictSame(many.got, ['sales', 'support', 'sales'])
  })

  t.test('what someone comes to follow while the log is read is not passed over', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { key: sales } = await one.instances.ensure('sales')
    const { key: support } = await one.instances.ensure('support')
    // A socket joins between the question and the answer; then one that follows everything does.
    const growing = new Picky(() => (growing.asked.length === 0 ? [sales] : [sales, support]))
    const widening = new Picky(() =>
      widening.asked.length === 0 ? [sales] : Array.from({ length: 1_001 }, (_, n) => n)
    )
    other.tail(growing)
    other.tail(widening)
    await one.append(['sales', 'support'].map((instance) => newEvent({ instance })))
    await until(() => growing.head === 2 && widening.head === 2)
    t.strictSame(growing.got, ['sales', 'support'])
    t.strictSame(widening.got, ['sales', 'support'])
  })

  t.test('who stops while the log is read is told nothing; who is behind is seen to be', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const stopping = new RecordingSubscriber()
    const stop = other.tail(stopping)
    const behind: unknown[] = []
    stopping.interest = () => {
      behind.push(other.status())
      stop()
      return { all: true, instanceKeys: [] }
    }
    const staying = new RecordingSubscriber()
    other.tail(staying)
    await one.append(newEvents(1))
    await staying.reached(1)
    await until(() => behind.length > 0)
    t.match(behind, [{ head: 1, position: 0 }])
    t.ok((behind[0] as { lagMs: number }).lagMs > 0)
    t.strictSame(stopping.events, [])
  })

  t.test('a log longer than a page, and larger, is followed whole', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const follower = new RecordingSubscriber()
    other.tail(follower)
    await one.append(newEvents(1_203))
    await one.append(newEvents(6, { data: `"${'x'.repeat(1_500_000)}"` }))
    await follower.reached(1_209)
    t.strictSame(
      follower.offsets,
      Array.from({ length: 1_209 }, (_, n) => n + 1)
    )
    t.ok(follower.heads.length > 4, 'in pages')
  })

  t.test('changes of instances are seen and told on other nodes', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const told: string[] = []
    other.instances.watch((change: InstanceChange) => told.push(`${change.type} ${change.before.name}`))
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    await until(() => other.instances.findByToken('secret-1')?.name === 'sales')
    t.strictSame(told, [], 'nothing of what is new')
    t.strictSame(other.instances.list(), one.instances.list())
    await one.instances.setToken('sales', 'secret-2')
    await until(() => other.instances.findByToken('secret-2') !== undefined)
    t.equal(other.instances.findByToken('secret-1'), undefined)
    await one.instances.remove('sales')
    await until(() => other.instances.size === 0)
    t.strictSame(told, ['updated sales', 'removed sales'])
    await t.rejects(other.instances.setToken('sales', 'secret-3'), { code: 'IEV_INSTANCE_NOT_FOUND' })
  })

  t.test('a name or token is one instance on all nodes', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const create = (name: (n: number) => string, token: (n: number) => string) =>
      Promise.allSettled(nodes.map((node, n) => node.instances.create({ name: name(n), token: token(n) })))
    const byName = await create(
      () => 'sales',
      (n) => `secret-${n}`
    )
    const byToken = await create(
      (n) => `one-${n}`,
      () => 'secret'
    )
    const codes = (outcomes: PromiseSettledResult<unknown>[]) =>
      outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : '')).sort()
    t.strictSame(codes(byName), ['', 'IEV_INSTANCE_EXISTS'])
    t.strictSame(codes(byToken), ['', 'IEV_TOKEN_TAKEN'])
  })

  t.test('selections that nodes set at once do not undo each other', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const transports = ['sqs', 'websocket'] as const
    for (let n = 0; n < 10; n++) {
      const input = { enabled: true, events: [`E${n}`] }
      await Promise.all(
        transports.map((transport, at) =>
          nodes[at]!.instances.setSelection('sales', transport, input, { register: true })
        )
      )
    }
    await until(() => nodes.every(({ instances }) => instances.get('sales')?.selections.websocket?.events[0] === 'E9'))
    await until(() => nodes.every(({ instances }) => instances.get('sales')?.selections.sqs?.events[0] === 'E9'))
  })

  t.test('another node may be first to remove an instance', async (t) => {
    const { postgres, nodes } = await openNodes(t, 1)
    const [{ instances }] = nodes
    const { query, schema } = postgres
    const kept = await instances.ensure('kept')
    // The other node acts between two statements of this one.
    await query(`
      CREATE FUNCTION ${schema}.remove_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM ${schema}.remove_instance(NEW.key); RETURN NULL; END $$;
      CREATE TRIGGER added AFTER INSERT ON ${schema}.instances FOR EACH ROW EXECUTE FUNCTION ${schema}.remove_at_once()`)
    const made = await instances.ensure('sales')
    t.match(made, { name: 'sales', key: kept.key + 1 }, 'it was there')
    t.equal(instances.get('sales'), undefined)

    await query(`
      CREATE FUNCTION ${schema}.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE TRIGGER removed BEFORE DELETE ON ${schema}.instances FOR EACH ROW EXECUTE FUNCTION ${schema}.keep()`)
    await t.rejects(instances.remove('kept'), { code: 'IEV_INSTANCE_NOT_FOUND' })
  })

  t.test('changes that come together are taken in together, and a missed notification is made up for', async (t) => {
    const { postgres, nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { schema } = postgres
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    await one.instances.create({ name: 'gone', token: 'secret-3' })
    const support = await one.instances.create({ name: 'support', token: 'secret-2' })
    await until(() => other.instances.size === 3)
    // Told by nobody.
    await postgres.query(`
      WITH c AS (UPDATE ${schema}.counters SET value = value + 10 WHERE name = 'directory' RETURNING value),
      old AS (DELETE FROM ${schema}.instances WHERE name = 'gone' RETURNING key),
      removed AS (INSERT INTO ${schema}.removed_instances SELECT c.value - 9, old.key FROM c, old)
      UPDATE ${schema}.instances i SET version = c.value, token_hash = NULL FROM c WHERE i.name = 'sales'`)
    await until(() => other.instances.get('sales')?.tokenHash === null && other.instances.size === 2)
    await until(() => one.instances.get('sales')?.tokenHash === null)
    t.equal(other.instances.get('support')?.id, support.id)

    const follower = new RecordingSubscriber()
    other.tail(follower)
    await postgres.query(`
      INSERT INTO ${schema}.events ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
      VALUES (1, ${support.key}, 0, 0, 0, 'x', 'support', 'call', '', '', '1')`)
    await postgres.query(`UPDATE ${schema}.log SET last_offset = 1`)
    await follower.reached(1)
    t.match(follower.events, [{ id: 'x' }])
  })

  t.test('an event of an instance that another node removes is kept, one way or the other', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    for (let n = 0; n < 10; n++) {
      await one.instances.ensure('sales')
      const [appended] = await Promise.all([
        other.append([newEvent({ id: `${n}` })]),
        one.instances.remove('sales').catch(() => {})
      ])
      t.match(appended, [{ duplicate: false }])
    }
    t.equal((await one.read({ after: 0, limit: 100 })).length, 10)
  })

  t.test('what was planned before another node changed its instance is planned anew', async (t) => {
    const postgres = await startPostgres(t)
    // Nothing tells it but what it asks.
    const store = await openNode(t, postgres, { timing: { beatMs: 60_000, silenceMs: 120_000 } })
    const sqs = await startSqs(t)
    const app = await build(t, { eventStore: { store }, sqs: sqs.options })
    for (const instance of ['sales', 'support']) {
      await app.sqs.set(instance, { enabled: true, events: ['CALL'] })
      await app.sqs.set(instance, { enabled: false })
    }
    const { schema } = postgres
    const change = (text: string) =>
      postgres.query(`
        WITH c AS (UPDATE ${schema}.counters SET value = value + 1 WHERE name = 'directory' RETURNING value)
        UPDATE ${schema}.instances SET version = c.value, ${text} FROM c`)
    const select = (enabled: boolean) =>
      change(`selections = jsonb_set(selections::jsonb, '{sqs,enabled}', '${enabled}')::json`)

    await select(true)
    const both = await Promise.all(
      ['sales', 'support'].map((instance) => app.onInstanceEvent({ instance, event: 'call', data: 1 }))
    )
    t.match(both, [
      { offset: 1, duplicate: false },
      { offset: 2, duplicate: false }
    ])
    t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 1 }])
    t.match(await sqs.bodies('support_call.fifo', 1), [{ data: 1 }])
    await until(() => store.pendingCount() === 0)

    await postgres.query(`
      WITH c AS (UPDATE ${schema}.counters SET value = value + 1 WHERE name = 'directory' RETURNING value),
      old AS (DELETE FROM ${schema}.instances WHERE name = 'support' RETURNING key)
      INSERT INTO ${schema}.removed_instances SELECT c.value, old.key FROM c, old`)
    await app.onInstanceEvent({ instance: 'support', event: 'call', data: 'of another support' })
    t.equal(store.pendingCount(), 0)

    await select(false)
    await Promise.all([
      app.onInstanceEvent({ instance: 'sales', event: 'call', data: 2 }),
      // Whoever planned this cannot be asked.
      store.append([newEvent({ instance: 'sales', event: 'call', queues: ['sales_call.fifo'], data: '3' })])
    ])
    t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 3 }])
    await until(() => store.pendingCount() === 0)
    t.equal(sqs.depth('sales_call.fifo'), 0)
    t.equal((await store.range()).last, 5)
  })

  t.test('ids are taken once, whichever node they come to', async (t) => {
    const { nodes } = await openNodes(t, 3)
    const event = newEvent({ id: 'order-1', flags: CALLER_ID })
    const results = (await Promise.all(nodes.map((node) => node.append([event])))).flat()
    t.strictSame(
      results.map(({ offset }) => offset),
      [1, 1, 1]
    )
    t.strictSame(results.map(({ duplicate }) => duplicate).sort(), [false, true, true])
  })

  t.test('the backlog of all nodes is counted', async (t) => {
    const postgres = await startPostgres(t)
    const one = await openNode(t, postgres)
    const other = await openNode(t, postgres, { maxPendingDeliveries: 5 })
    await one.append(newEvents(5, { queues: ['a'] }))
    await until(() => other.pendingCount() === 5)
    await t.rejects(other.append(newEvents(1, { queues: ['a'] })), { code: 'IEV_BACKPRESSURE' })
    const { key } = one.instances.require('sales')
    await one.acknowledge([1, 2, 3].map((offset) => ({ queue: 'a', instanceKey: key, offset })))
    await one.close()
    await until(() => other.pendingCount() === 2)
    t.equal(other.status().nodes, 1)
  })

  t.test('one node prunes at a time, and the others know how far', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    await one.append(newEvents(1_200))
    const everything = { acceptedBefore: Date.now() + 86_400_000.5, maxBytes: Number.MAX_SAFE_INTEGER }
    const rounds = await Promise.all([one.prune(everything), other.prune(everything)])
    t.ok(rounds.some(({ removed, more }) => removed === 500 && more))
    for (let more = true; more;) ({ more } = await one.prune(everything))
    t.match(await other.range(), { first: 1_201, last: 1_200, prunedTo: 1_200 })
  })
}
