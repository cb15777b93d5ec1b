import t from 'tap'
import type { InstanceChange } from '../../../lib/instances/directory.ts'
import { build } from '../../support/build.ts'
import { newEvent } from '../../support/new-event.ts'
import { havePostgres, openNodes, openNode, startPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber } from '../../support/recorders.ts'
import { startSqs } from '../../support/sqs.ts'
import { until } from '../../support/until.ts'

if (await havePostgres(t)) {
  t.test('changes of instances are seen on other nodes, whose watchers are called', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const told: string[] = []
    other.instances.watch((change: InstanceChange) => told.push(`${change.type} ${change.before.name}`))
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    await until(() => other.instances.findByToken('secret-1')?.name === 'sales')
    t.strictSame(told, [], 'watchers are not called for new instances')
    t.strictSame(other.instances.list().toArray(), one.instances.list().toArray())
    await one.instances.setToken('sales', 'secret-2')
    await until(() => other.instances.findByToken('secret-2') !== undefined)
    t.equal(other.instances.findByToken('secret-1'), undefined)
    await one.instances.remove('sales')
    await until(() => other.instances.size === 0)
    t.strictSame(told, ['updated sales', 'removed sales'])
    await t.rejects(other.instances.setToken('sales', 'secret-3'), { code: 'IEV_INSTANCE_NOT_FOUND' })
  })

  t.test('a name and a token belong to one instance on all nodes', async (t) => {
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

  t.test('a former token is valid on all nodes, ends on all of them, and no node gives it to another', async (t) => {
    const { nodes, postgres } = await openNodes(t, 2)
    const [one, other] = nodes
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    const given = await one.instances.setToken('sales', 'secret-2', { keepOldForMs: 3_600_000 })
    await until(() => other.instances.findByToken('secret-2') !== undefined)
    t.strictSame(other.instances.require('sales').formerToken, given.formerToken)
    t.equal(other.instances.findByToken('secret-1')?.name, 'sales')
    await one.instances.setToken('sales', 'secret-2', { keepOldForMs: 1 })
    await until(() => nodes.every(({ instances }) => !instances.findByToken('secret-1')))

    // As if another node had done it just now.
    await postgres.query(
      `UPDATE ${postgres.schema}.instances SET former_token_hash = sha256('secret-3'), former_token_until = $1`,
      [Date.now() + 3_600_000]
    )
    const taken = { code: 'IEV_TOKEN_TAKEN' }
    await t.rejects(other.instances.create({ name: 'support', token: 'secret-3' }), taken)
    await other.instances.create({ name: 'support', token: 'secret-4' })
    await t.rejects(other.instances.setToken('support', 'secret-3'), taken)
    await postgres.query(`UPDATE ${postgres.schema}.instances SET former_token_until = $1`, [Date.now() - 1])
    await t.resolves(other.instances.setToken('support', 'secret-3'), 'its time is over')
  })

  t.test('a node of the release before leaves a former token, and ends it with the current one', async (t) => {
    const { nodes, postgres } = await openNodes(t, 1)
    const [{ instances }] = nodes
    const { key, id } = await instances.create({ name: 'sales', token: 'secret-1' })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: 3_600_000 })
    const write = (token: string, silence: number) =>
      postgres.query(
        `SELECT w.key FROM ${postgres.schema}.instances i, LATERAL ${postgres.schema}.write_instance(
          $1::bigint, i.version, $2, 'sales', sha256($3::bytea), NULL, $4::integer, 0::bigint, 0::bigint, '{}') w
        WHERE i.key = $1`,
        [key, id, token, silence]
      )
    t.same(await write('secret-2', 7), [{ key: String(key) }])
    await until(() => instances.require('sales').silenceAfterMinutes === 7)
    t.equal(instances.findByToken('secret-1')?.name, 'sales')
    await write('secret-3', 8)
    await until(() => instances.findByToken('secret-3') !== undefined)
    t.strictSame([instances.findByToken('secret-1'), instances.findByToken('secret-2')], [undefined, undefined])
  })

  t.test('a node that starts reads instances in pages, and misses no change that is made meanwhile', async (t) => {
    const { nodes, postgres } = await openNodes(t, 1)
    const { schema, query } = postgres
    const [one] = nodes
    await query(`INSERT INTO ${schema}.instances (version, id, name, created_at, updated_at)
      SELECT n, 'id', 'instance ' || n, n, n FROM generate_series(1, 4500) n`)
    await query(`UPDATE ${schema}.counters SET value = 4500 WHERE name = 'directory'`)
    const opening = openNode(t, postgres)
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    await one.instances.remove('instance 7')
    const other = await opening
    await until(() => other.instances.get('sales') !== undefined && other.instances.get('instance 7') === undefined)
    t.equal(other.instances.size, 4_500)
    t.match(other.instances.get('instance 4500'), { createdAt: new Date(4_500), selections: {} })
    // As after the loss of changes in a failover, when a key is given again.
    await query(`UPDATE ${schema}.instances SET name = 'again', version = 5000 WHERE name = 'instance 9'`)
    await query(`UPDATE ${schema}.counters SET value = 5000 WHERE name = 'directory'`)
    await until(() => other.instances.get('again') !== undefined)
    t.equal(other.instances.get('instance 9'), undefined)
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
    const kept = await instances.create({ name: 'kept', token: 'secret-1' })
    // Triggers act as another node does between two statements of this one.
    await query(`
      CREATE FUNCTION ${schema}.remove_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM ${schema}.remove_instance(NEW.key); RETURN NULL; END $$;
      CREATE TRIGGER added AFTER INSERT ON ${schema}.instances FOR EACH ROW EXECUTE FUNCTION ${schema}.remove_at_once()`)
    const made = await instances.create({ name: 'sales', token: 'secret-2' })
    t.match(made, { name: 'sales', key: kept.key + 1 }, 'the instance existed')
    t.equal(instances.get('sales'), undefined)

    await query(`
      CREATE FUNCTION ${schema}.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE TRIGGER removed BEFORE DELETE ON ${schema}.instances FOR EACH ROW EXECUTE FUNCTION ${schema}.keep()`)
    await t.rejects(instances.remove('kept'), { code: 'IEV_INSTANCE_NOT_FOUND' })
  })

  t.test('changes that are read together are all seen, and so are changes without a notification', async (t) => {
    const { postgres, nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    const { schema } = postgres
    await one.instances.create({ name: 'sales', token: 'secret-1' })
    await one.instances.create({ name: 'gone', token: 'secret-3' })
    const support = await one.instances.create({ name: 'support', token: 'secret-2' })
    await until(() => other.instances.size === 3)
    // Changed without a notification.
    await postgres.query(`
      WITH c AS (UPDATE ${schema}.counters SET value = value + 10 WHERE name = 'directory' RETURNING value),
      old AS (DELETE FROM ${schema}.instances WHERE name = 'gone' RETURNING key),
      removed AS (INSERT INTO ${schema}.removed_instances SELECT c.value - 9, old.key FROM c, old)
      UPDATE ${schema}.instances i SET version = c.value, token_hash = NULL FROM c WHERE i.name = 'sales'`)
    await until(() => other.instances.get('sales')?.tokenHash === null && other.instances.size === 2)
    await until(() => one.instances.get('sales')?.tokenHash === null)
    t.equal(other.instances.get('support')?.id, support.id)

    const follower = new RecordingSubscriber()
    other.log.tail(follower)
    await postgres.query(`
      INSERT INTO ${schema}.events ("offset", instance_key, accepted_at, flags, size, id, instance, event, envelope, extra, data)
      VALUES (1, ${support.key}, 0, 0, 0, 'x', 'support', 'call', '', '', '1')`)
    await postgres.query(`UPDATE ${schema}.log SET last_offset = 1`)
    await follower.reached(1)
    t.match(follower.events, [{ id: 'x' }])
  })

  t.test('an event of an instance that another node removes at the same time is kept', async (t) => {
    const { nodes } = await openNodes(t, 2)
    const [one, other] = nodes
    for (let n = 0; n < 10; n++) {
      await one.instances.create({ name: 'sales', token: 'secret-1' })
      const [appended] = await Promise.all([
        other.log.append([newEvent({ id: `${n}` })]),
        one.instances.remove('sales').catch(() => {})
      ])
      t.match(appended, [{ duplicate: false }])
    }
    t.equal((await one.log.read({ after: 0, limit: 100 })).length, 10)
  })

  t.test('an event that was planned before another node changed its instance is planned anew', async (t) => {
    const postgres = await startPostgres(t)
    // Without beats and notifications the node only sees what it reads.
    const store = await openNode(t, postgres, { timing: { beatMs: 60_000, silenceMs: 120_000 } })
    const sqs = await startSqs(t)
    const app = await build(t, { eventLog: { store }, sqs: sqs.options })
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
    await until(() => store.deliveries.pendingCount() === 0)

    await postgres.query(`
      WITH c AS (UPDATE ${schema}.counters SET value = value + 1 WHERE name = 'directory' RETURNING value),
      old AS (DELETE FROM ${schema}.instances WHERE name = 'support' RETURNING key)
      INSERT INTO ${schema}.removed_instances SELECT c.value, old.key FROM c, old`)
    await app.onInstanceEvent({ instance: 'support', event: 'call', data: 'of another support' })
    t.equal(store.deliveries.pendingCount(), 0)

    // A read of the log, too, would show it the change.
    await until(() => store.status().lagMs === 0 && store.status().position === store.status().head)
    await select(false)
    await Promise.all([
      app.onInstanceEvent({ instance: 'sales', event: 'call', data: 2 }),
      // An append without `replan`.
      store.log.append([newEvent({ instance: 'sales', event: 'call', queues: ['sales_call.fifo'], data: '3' })])
    ])
    t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 3 }])
    await until(() => store.deliveries.pendingCount() === 0)
    t.equal(sqs.depth('sales_call.fifo'), 0)

    await select(true)
    t.match(await store.log.append([newEvent({ instance: 'sales' })]), [{ offset: 6, duplicate: false }])
  })

  t.test('an append that cannot be planned anew keeps its events where its batch is planned anew', async (t) => {
    const postgres = await startPostgres(t)
    // Without beats the node learns of the change by its append alone.
    const store = await openNode(t, postgres, { timing: { beatMs: 60_000, silenceMs: 120_000 } })
    await store.instances.create({ name: 'sales', token: 'secret-1' })
    const { schema } = postgres
    const { key } = store.instances.require('sales')
    const lane = async (queue: string) =>
      (await store.deliveries.readLane({ queue, instanceKey: key }, { after: 0, limit: 10, maxBytes: 1_000 })).map(
        ({ id }) => id
      )
    /** Appends after a change, and returns whether the node learned of it by the append, not by a read just before. */
    const attempt = async (n: number): Promise<boolean> => {
      let isReplanned = false
      await postgres.query(`
        WITH c AS (UPDATE ${schema}.counters SET value = value + 1 WHERE name = 'directory' RETURNING value)
        UPDATE ${schema}.instances SET version = c.value FROM c`)
      const ids = [`a${n}`, `b${n}`]
      await Promise.all([
        store.log.append(
          ids.map((id) => newEvent({ id })),
          () => {
            isReplanned = true
            return ids.map((id) => newEvent({ id, queues: [`new${n}`] }))
          }
        ),
        store.log.append([newEvent({ id: `c${n}`, queues: [`own${n}`] })])
      ])
      t.strictSame([await lane(`new${n}`), await lane(`own${n}`)], [isReplanned ? ids : [], [`c${n}`]])
      return isReplanned
    }
    let attempts = 1
    while (!(await attempt(attempts)) && attempts < 10) attempts++
    t.ok(attempts < 10)
  })
}
