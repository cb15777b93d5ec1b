import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { SEGMENT_OFFSETS } from '../../../lib/store/sqlite/segment.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import { openSqlite } from '../../support/sqlite-store.ts'

const TOO_LARGE = { acceptedBefore: 0, maxBytes: 1 }

/** Returns a file whose log has a full segment of events, the first of which is pending. */
async function fill(t: Test) {
  const opened = openSqlite(t)
  const { log } = opened.store
  await log.append([newEvent({ queues: ['q'] })])
  await log.append(newEvents(SEGMENT_OFFSETS + 100))
  return opened
}

t.test('a log that ends with removed events has its pending ones left', async (t) => {
  const { store } = await fill(t)
  while ((await store.log.prune(TOO_LARGE)).more);
  t.match(await store.log.read({ after: 0, limit: 10 }), [{ offset: 1 }])
  await store.deliveries.acknowledge([{ queue: 'q', instanceKey: store.instances.require('sales').key, offset: 1 }])
  while ((await store.log.prune(TOO_LARGE)).more);
  t.same(await store.log.read({ after: 0, limit: 10 }), [])
})

t.test('a step that meets damage removes the oldest events, whatever their instances hold', async (t) => {
  const { path, reopen, store: first } = await fill(t)
  await first.close()
  const db = new DatabaseSync(path)
  db.exec("UPDATE segments SET places = x'00'")
  db.close()
  const store = await reopen()
  await t.resolves(store.check())
  t.match(await store.log.prune(TOO_LARGE), { removed: 499, more: true })
  await t.rejects(store.check(), { code: 'IEV_STORE_DAMAGED' })
})
