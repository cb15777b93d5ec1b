import t, { type Test } from 'tap'
import { API_KEY } from '../support/build.ts'
import { poll } from '../support/long-poll.ts'
import { data, emit, numbers } from '../support/resuming.ts'
import { startWithEpochs } from '../support/server-with-epochs.ts'
import { client, connect } from '../support/sockets.ts'

const auth = { apikey: API_KEY }

/** Live sockets of two instances, each of which has received an event: the one of `support` the last. */
async function startWithLiveSockets(t: Test) {
  const server = await startWithEpochs(t)
  const { app, url, held } = server
  held.open()
  const sales = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 0 } })
  const support = await connect(t, `${url}/support`, API_KEY, { auth: { ...auth, offset: 0 } })
  await Promise.all([sales, support].map(({ until }) => until(1)))
  await emit(app, 'sales', 1)
  await emit(app, 'support', 2)
  await support.until(2)
  return { ...server, sales, support }
}

t.test('a live socket is not told of lost events that were not for it', async (t) => {
  const { app, enter, sales, support } = await startWithLiveSockets(t)
  await enter(1)
  t.strictSame(data(await support.until(5)).slice(2), [{ offset: 1 }, 2, { from: 1, to: 2, count: 1, complete: false }])
  await emit(app, 'sales', 3)
  t.strictSame(data(await sales.until(4)).slice(1), [1, { offset: 1 }, 3])
  t.equal(sales.received[2]?.message.log, 'second')
})

t.test('a live socket that was told of the end of an epoch is told when that is lost', async (t) => {
  const { held, enter, sales } = await startWithLiveSockets(t)
  await enter(2)
  t.intercept(held.store.log, 'commonWith', { value: async () => ({ id: 'third', upTo: 1, isKnown: true }) })
  await enter(1, { id: 'third', hears: false })
  const setBack = [{ offset: 1 }, { from: 1, to: 1, count: 0, complete: false }]
  t.strictSame(data(await sales.until(5)).slice(2), [{ offset: 2 }, ...setBack])
})

t.test('a client is not told of the loss of an epoch of which it never heard', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  await enter(3)
  const { log } = held.store
  const commonWith = log.commonWith.bind(log)
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 2, log: first } })
  const page = await held.read()
  // A standby that lagged becomes the primary: it has no second epoch.
  t.intercept(log, 'commonWith', {
    value: async (id: string) => (id === 'second' ? { id: 'third', upTo: 0, isKnown: false } : commonWith(id))
  })
  await enter(2, { id: 'third' })
  page.answer()
  held.open()
  t.strictSame(data(await until(3)), [{ offset: 2 }, 3, { from: 2, to: 3, count: 1, complete: true }])
})

t.test('a client that has nothing is not told of lost events', async (t) => {
  const { app, url, held, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, offset: 0 } })
  const page = await held.read()
  t.intercept(held.store.log, 'commonWith', { value: async () => ({ id: 'third', upTo: 0, isKnown: false }) })
  for (const id of ['second', 'third']) await enter(2, { id })
  page.answer()
  held.open()
  t.strictSame(data(await until(4)).slice(-4), [1, 2, 3, { from: 0, to: 3, count: 3, complete: true }])
})

t.test('a request that ends before its offset is compared with the log keeps its offset', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  held.open()
  await emit(app, 'sales', 1, 2, 3)
  await enter(1)
  const compared = Promise.withResolvers<never>()
  t.intercept(held.store.log, 'commonWith', { value: () => compared.promise })
  const page = await poll(`${url}/events/sales?after=2&log=${first}&wait=1`)
  compared.reject(new Error('It took too long'))
  t.match(page, { events: [], after: 2, log: first, complete: true })
})

t.test('a client that was only told of an epoch is not told of lost events that were not for it', async (t) => {
  const { app, url, held, first, enter } = await startWithEpochs(t)
  await emit(app, 'sales', 1, 2, 3)
  await enter(3)
  const wanted = { offset: 1, log: first, events: ['messages.upsert'] }
  const { until } = client(t, `${url}/sales`, { auth: { ...auth, ...wanted } })
  const page = await held.read()
  // More live events than are held for those that resume: another page follows, and this one has nothing for the client.
  await emit(app, 'sales', ...numbers(3).map(() => 'x'.repeat(400_000)))
  page.answer()
  t.strictSame(data(await until(1)), [{ offset: 1 }])
  const next = await held.read()
  t.intercept(held.store.log, 'commonWith', { value: async () => ({ id: 'third', upTo: 2, isKnown: true }) })
  await enter(2, { id: 'third' })
  next.answer()
  held.open()
  t.strictSame(data(await until(2)).at(-1), { from: 1, to: 6, count: 0, complete: true })
})
