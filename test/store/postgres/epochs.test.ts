import t from 'tap'
import { postgresMigrations } from '../../../lib/store/postgres/migrations.ts'
import { startCopiedDatabase } from '../../support/database-copies.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { havePostgres, openNode, openNodes, startPostgres } from '../../support/postgres.ts'
import { RecordingSubscriber, RecordingWatcher } from '../../support/recorders.ts'
import { until } from '../../support/until.ts'

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
    t.strictSame(await again.log.commonWith(first!), { id, upTo: 2 })
  })

  t.test('an append on another server process begins an epoch, which every node knows before its events', async (t) => {
    const { postgres, nodes } = await openNodes(t, 2)
    const { schema, query } = postgres
    const followers = nodes.map(({ log }) => {
      const follower = new RecordingSubscriber()
      log.tail(follower)
      return follower
    })
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

  t.test('after a failover to a standby that lagged, nodes follow what is there now', async (t) => {
    const database = await startCopiedDatabase(t)
    const postgres = { url: database.url, schema: 'instance_events' }
    const nodes = [await openNode(t, postgres), await openNode(t, postgres)] as const
    const [follower, watcher] = [new RecordingSubscriber(), new RecordingWatcher()]
    nodes[0].log.tail(follower)
    await nodes[0].deliveries.watch(watcher)
    await nodes[0].log.append(newEvents(2))
    await nodes[0].instances.create({ name: 'support', token: 'of-support' })
    await nodes[0].instances.create({ name: 'kept', token: 'of-kept' })
    const { id: before } = await nodes[0].log.range()
    await database.copy()
    await until(() => nodes.every((node) => node.status().connected))
    await nodes[0].log.append(newEvents(3, { queues: ['a'] }))
    await nodes[1].instances.create({ name: 'lost', token: 'of-lost' })
    await nodes[1].instances.remove('support')
    await follower.reached(5)
    await until(() => nodes[0].instances.get('lost') !== undefined && nodes[0].instances.get('support') === undefined)

    await database.fallBack()
    await until(() => nodes.every((node) => node.status().connected))
    t.strictSame(await nodes[1].log.commonWith(before), { id: before, upTo: 2 }, 'nothing has been appended since')
    const [sent] = await nodes[1].log.append([newEvent({ id: 'sent', queues: ['b'] })])
    t.equal(sent?.offset, 3)
    await nodes[1].log.append([newEvent({ id: 'last' })])
    await follower.reached(4)
    const { id } = await nodes[1].log.range()
    t.match(follower.epochs, [{ id: before }, { id, upTo: 2 }])
    t.strictSame(follower.offsets, [1, 2, 3, 4, 5, 3, 4])
    t.strictSame(
      follower.events.slice(-2).map(({ id }) => id),
      ['sent', 'last']
    )
    const { key } = nodes[0].instances.require('sales')
    await watcher.until(() => watcher.told.includes(`b ${key}`))
    t.match(nodes[0].status(), { head: 4, position: 4 })

    const names = nodes.map(({ instances }) => [...instances.list()].map(({ name }) => name).sort())
    t.strictSame(names, [
      ['kept', 'sales', 'support'],
      ['kept', 'sales', 'support']
    ])
    t.equal(nodes[0].instances.findByToken('of-lost'), undefined)
    t.equal(nodes[0].instances.findByToken('of-support')?.name, 'support')
    while ((await nodes[0].log.prune(EVERYTHING)).more);
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
    t.match(await node.log.commonWith(first), { upTo: 0 })
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
