import t from 'tap'
import { SqliteStore } from '../lib/store/sqlite.ts'
import { build } from './support/build.ts'
import { startSqs } from './support/sqs.ts'

t.test('what may not be sent at this moment is sent when it may', async (t) => {
  const sqs = await startSqs(t)
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  // As of a node that was held up, and whose right to send is about to be renewed.
  let refusals = 2
  const asked = t.capture(store, 'maySend', () => refusals-- <= 0)
  const app = await build(t, { eventStore: { store }, sqs: sqs.options })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'] })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  t.match(await sqs.bodies('sales_call.fifo', 1), [{ data: 1 }])
  t.ok(asked().length >= 3)
})
