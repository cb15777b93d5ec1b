import t from 'tap'
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
}
