import t, { type Test } from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { LaneWatcher } from '../../lib/store/delivery-store.ts'
import { PARTITIONS } from '../../lib/store/partitions.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { backends } from '../support/backends.ts'
import { build } from '../support/build.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { soon, until } from '../support/until.ts'

const BUCKET = 'large-events'
const QUEUE = 'global_call.fifo'
/** With all that is beside `data` in a message, four of sixteen uploads. */
const LARGE = 'x'.repeat(4_000_000)

interface WithS3 {
  url?: string
  store?: SqliteStore
  maxPayloadBytes?: number
}

/** A server with S3 behind a proxy. */
async function withS3(t: Test, { maxPayloadBytes, ...eventLog }: WithS3 = {}) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  sqs.server.createBucket(BUCKET)
  const app = await build(t, {
    eventLog,
    sqs: {
      ...options,
      global: { events: ['CALL'] },
      s3: { ...options, bucket: BUCKET },
      ...(maxPayloadBytes !== undefined && { maxPayloadBytes })
    }
  })
  const call = (instance: string, data: unknown) => app.onInstanceEvent({ instance, event: 'call', data })
  return { app, store: app.eventLog.store, sqs, proxy, call }
}

/** Calls `hold` for each upload, which is answered when that resolves. */
function onUpload(proxy: FaultProxy, hold: () => Promise<void>): void {
  proxy.decide = async ({ headers }) => {
    // Only calls of SQS have it.
    if (headers['x-amz-target'] === undefined) await hold()
    return undefined
  }
}

/** What each instance's messages have as `dataType` and `data`, in the order of the queue. */
function byInstance(bodies: readonly Record<string, unknown>[]): Record<string, unknown[]> {
  const short = ({ dataType, data }: Record<string, unknown>) => (dataType === 's3' ? dataType : data)
  return Object.fromEntries(
    [...Map.groupBy(bodies, ({ instance }) => instance as string)].map(([instance, own]) => [instance, own.map(short)])
  )
}

for (const backend of await backends(t)) {
  t.test(
    `of events that no queue accepts, 16 MiB are in memory while they are put into S3; all arrive in order, and others are not delayed: ${backend.name}`,
    async (t) => {
      const { store, sqs, proxy, call } = await withS3(t, { url: await backend.start(t) })
      const { readLane } = store.deliveries
      const isLarge = ({ data }: StoredEvent) => data.length > LARGE.length
      let inMemory = 0
      let most = 0
      store.deliveries.readLane = async (...args) => {
        const page = await readLane.apply(store.deliveries, args)
        inMemory += page.filter(isLarge).length
        most = Math.max(most, inMemory)
        return page
      }
      const stalled = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      let asked = 0
      onUpload(proxy, async () => {
        if (++asked === 4) stalled.resolve()
        await released.promise
        inMemory--
      })
      const instances = ['a', 'b', 'c', 'd', 'e', 'f']
      for (const instance of instances) {
        await call(instance, LARGE)
        await call(instance, 'behind')
      }
      await soon(stalled.promise, 'four uploads')
      await call('another', 'small')
      t.match(await sqs.bodies(QUEUE, 1), [{ instance: 'another', data: 'small' }])
      t.same({ asked, inMemory }, { asked: 4, inMemory: 4 })
      released.resolve()
      const bodies = await sqs.bodies(QUEUE, 2 * instances.length)
      t.same(byInstance(bodies), Object.fromEntries(instances.map((instance) => [instance, ['s3', 'behind']])))
      t.equal(most, 4)
      const [{ data }] = bodies as [{ data: { fileUrl: string; size: number } }]
      const object = await (await fetch(data.fileUrl)).text()
      t.match(JSON.parse(object), { dataType: 'json', data: LARGE })
      t.equal(object.length, data.size)
    }
  )
}

t.test('many uploads are not made at once, and none fails by waiting for others', async (t) => {
  const { sqs, proxy, call } = await withS3(t, { maxPayloadBytes: 4_096 })
  let now = 0
  let most = 0
  onUpload(proxy, async () => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 20))
    now--
  })
  await Promise.all(Array.from({ length: 100 }, (_, n) => call(`instance-${n}`, LARGE.slice(0, 9_000))))
  const bodies = await sqs.bodies(QUEUE, 100)
  t.equal(bodies.filter(({ dataType }) => dataType === 's3').length, 100)
  t.ok(most > 1 && most <= 16, `${most} at once`)
})

t.test('a lane is read anew if the store has no such event when it is to be put into S3', async (t) => {
  const { store, sqs, call } = await withS3(t)
  const { readLane } = store.deliveries
  const pages: number[] = []
  store.deliveries.readLane = async (...args) => {
    const page = pages.length === 0 ? [] : await readLane.apply(store.deliveries, args)
    pages.push(page.length)
    return page
  }
  await call('a', LARGE)
  await call('a', 'behind')
  t.same(byInstance(await sqs.bodies(QUEUE, 2)), { a: ['s3', 'behind'] })
  t.equal(sqs.depth(QUEUE), 0)
  t.equal(pages[0], 0)
})

t.test('what a selection leaves out counts neither in a queue nor in S3', async (t) => {
  const { app, sqs } = await withS3(t)
  await app.sqs.set('sales', { enabled: true, events: ['CALL'], omit: ['data.media'] })
  const emit = (data: object) => app.onInstanceEvent({ instance: 'sales', event: 'call', data })
  await emit({ media: LARGE, text: 'small' })
  await emit({ media: LARGE, text: LARGE })
  const [small, large] = await sqs.bodies('sales_call.fifo', 2)
  t.match(small, { dataType: 'json', data: { text: 'small' } })
  const { fileUrl } = (large as { data: { fileUrl: string } }).data
  t.same(((await (await fetch(fileUrl)).json()) as { data: unknown }).data, { text: LARGE })
})

t.test('the shared queue and the queue of its instance refer to objects of their own', async (t) => {
  const { app, sqs, call } = await withS3(t, { maxPayloadBytes: 4_096 })
  await app.sqs.set('sales', { enabled: true, events: ['CALL'], omit: ['data.media'] })
  const text = 'x'.repeat(9_000)
  await call('sales', { media: 'photo', text })
  await call('sales', { text })
  const bodies = (await Promise.all([QUEUE, 'sales_call.fifo'].map((queue) => sqs.bodies(queue, 2)))).flat()
  const references = bodies.map(({ data }) => data as { key: string; fileUrl: string })
  const objects = await Promise.all(references.map(async ({ fileUrl }) => (await fetch(fileUrl)).json()))
  t.same(
    objects.map((object) => (object as { data: unknown }).data),
    [{ media: 'photo', text }, { text }, { text }, { text }]
  )
  t.strictSame(
    references.map(({ key }) => /[^-]{12}(\.omit)?\.json$/.exec(key)?.[1]),
    [undefined, undefined, '.omit', undefined],
    'an object is shared if nothing was left out'
  )
})

t.test(
  'an event that is erased after its partition was lost leaves no object, though its upload ends later',
  async (t) => {
    const store = new SqliteStore({ path: ':memory:' })
    t.after(() => store.close())
    const { watch } = store.deliveries
    let watcher: LaneWatcher | undefined
    store.deliveries.watch = (given) => {
      watcher = given
      return watch.call(store.deliveries, given)
    }
    const { sqs, proxy, call } = await withS3(t, { store, maxPayloadBytes: 4_096 })
    const asked = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    let s3Calls = 0
    onUpload(proxy, async () => {
      if (++s3Calls > 1) return
      asked.resolve()
      await released.promise
    })
    await call('sales', LARGE.slice(0, 9_000))
    await soon(asked.promise, 'an upload')
    watcher?.revoked(new Set(Array(PARTITIONS).keys()))
    const events = await store.log.read({ after: 0, limit: 1 })
    await store.log.erase(events)
    released.resolve()
    // Upload, question and deletion.
    await until(() => s3Calls === 3)
    const key = `instance-events/sales/${events[0]?.id}.json`
    await until(async () => (await fetch(`${sqs.options.endpoint}/${BUCKET}/${key}`)).status === 404)
    t.match(await sqs.bodies(QUEUE, 1), [{ dataType: 'json', data: null, erased: true }])
  }
)
