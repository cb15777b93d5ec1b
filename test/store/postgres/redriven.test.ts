import t from 'tap'
import { forgetsInSteps } from '../../support/forgetting-redrives.ts'
import { newEvent } from '../../support/new-event.ts'
import { havePostgres, openNode, startPostgres } from '../../support/postgres.ts'

if (await havePostgres(t)) {
  t.test('what was redriven is known for a day after it was sent, and for as long as it is pending', async (t) => {
    const postgres = await startPostgres(t)
    const { query, schema } = postgres
    const store = await openNode(t, postgres)
    const all = { after: 0, limit: 10 }
    for (const queue of ['a', 'b', 'c']) {
      const [event] = await store.log.append([newEvent({ queues: [queue] })])
      const { key } = store.instances.list().next().value as { key: number }
      const delivery = { queue, instanceKey: key, offset: event!.offset }
      await store.deliveries.bury(delivery, { reason: 'x', message: 'x', attempts: 1 })
    }
    const { key } = store.instances.list().next().value as { key: number }
    await store.deadLetters.redrive({ ...all, ids: [1, 2] })
    await store.deliveries.acknowledge([{ queue: 'a', instanceKey: key, offset: 1 }])
    await query(`UPDATE ${schema}.redriven SET redriven_at = redriven_at - 25 * 3600000`)
    t.match(await store.deadLetters.outcomes([1, 2]), [{ outcome: 'sent' }, { outcome: 'pending' }])
    await store.deadLetters.redrive({ ...all, ids: [3] })
    t.match(await store.deadLetters.outcomes([1, 2, 3]), [
      { outcome: 'unknown' },
      { outcome: 'pending' },
      { outcome: 'pending' }
    ])
  })

  t.test('a redrive forgets a limited number of earlier ones, also behind those that are still pending', async (t) => {
    const postgres = await startPostgres(t)
    const { query, schema } = postgres
    const { log, deliveries, deadLetters } = await openNode(t, postgres)
    const queues = ['a', 'b', 'c']
    await log.append([newEvent({ queues })])
    for (const queue of queues)
      await deliveries.bury({ queue, instanceKey: 1, offset: 1 }, { reason: 'x', message: 'x', attempts: 1 })
    await deadLetters.redrive({ after: 0, limit: 10, queue: 'a' })
    await query(`UPDATE ${schema}.redriven SET redriven_at = 1`)
    await query(`INSERT INTO ${schema}.redriven SELECT n, 1, 1, 99, 1, 1, n FROM generate_series(100, 1599) n`)
    await forgetsInSteps(t, deadLetters)
    const [index] = await query(`SELECT to_regclass('${schema}.redriven_by_time') IS NOT NULL AS there`)
    t.same(index, { there: true })
  })
}
