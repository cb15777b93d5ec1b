import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { ErasureReply } from '../../lib/schemas/erasure.ts'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { gate, type Held, holdSends } from '../support/held-calls.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { data, emit, heldStore } from '../support/resuming.ts'
import { client } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const JID = '5511999999999@s.whatsapp.net'
const QUEUE = 'global_call.fifo'
const BUCKET = 'large-events'
const message = (text: string, jid = JID) => ({ key: { remoteJid: jid }, text })

const call = (instance: string) => ({ instance, event: 'call' })

async function erase(app: FastifyInstance, payload: object, instance = 'sales'): Promise<ErasureReply> {
  const url = `/events/${instance}/erase`
  const reply = await app.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload })
  return reply.json()
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: whoever reads an erased event receives its place in the log, and no data`, async (t) => {
    const { app, url } = await listen(t, { sqs: false, eventLog: { url: await backend.start(t) } })
    await app.websocket.set('sales', { enabled: true })
    const call = { instance: 'sales', event: 'call', id: 'a', sender: JID, extra: { who: JID } }
    await app.onInstanceEvent({ ...call, data: message('secret') })
    await emit(app, 'sales', message('other', '1@g.us'))
    t.match(await erase(app, { jid: JID }), { examined: 2, erased: 1, done: true })

    const blank = { event: 'call', instance: 'sales', data: null, sender: null, id: 'a', offset: 1, erased: true }
    const isBlank = (found: unknown) => {
      t.match(found, blank)
      t.notOk('who' in Object(found))
    }
    const page = await app.inject({ url: '/events/sales?after=0', headers: { apikey: API_KEY } })
    isBlank(page.json<{ events: unknown[] }>().events[0])
    t.notOk('erased' in Object(page.json<{ events: unknown[] }>().events[1]))
    const polled = await app.inject({ url: '/events/sales?after=0&wait=60', headers: { apikey: API_KEY } })
    isBlank(polled.json<{ events: unknown[] }>().events[0])
    const { until: received } = client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 0 } })
    isBlank((await received(3))[0]?.message)
    const events = await (await stream(t, `${url}/events/sales/stream?after=0`)).until(2)
    isBlank(events.find(({ event }) => event === 'message')?.message)
    t.match(await app.onInstanceEvent({ ...call, data: 'again' }), { id: 'a', offset: 1, duplicate: true })
  })

  t.test(`${backend.name}: a tenant erases by one request at a time, and others meanwhile`, async (t) => {
    const app = await build(t, { sqs: false, websocket: false, eventLog: { url: await backend.start(t) } })
    await Promise.all(
      ['sales', 'other'].map((instance) => app.onInstanceEvent({ ...call(instance), data: message('') }))
    )
    const { log } = app.eventLog.store
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const range = log.range.bind(log)
    t.intercept(log, 'range', { value: () => held.then(() => range()) })
    const first = app.eventLog.erasure.erase('sales', { jid: JID })
    const url = '/events/sales/erase'
    const second = await app.inject({ method: 'POST', url, headers: { apikey: API_KEY }, payload: { jid: JID } })
    t.match(second, { statusCode: 429, headers: { 'retry-after': 1 } })
    t.match(second.json(), {
      code: 'IEV_TOO_MANY_REQUESTS',
      response: { message: [/"sales" instance: send one at a time/] }
    })
    const other = app.eventLog.erasure.erase('other', { jid: JID })
    release()
    t.match(await Promise.all([first, other]), [{ erased: 1 }, { erased: 1 }])
    t.match(await erase(app, { jid: JID }), { erased: 0, done: true })
  })

  t.test(`${backend.name}: what is pending is sent without data, in its order, though it was in memory`, async (t) => {
    const { sqs, proxy, options } = await startProxiedSqs(t)
    const app = await build(t, {
      eventLog: { url: await backend.start(t) },
      sqs: { ...options, global: { events: ['CALL'] } }
    })
    const held = holdSends(proxy)
    await emit(app, 'sales', message('in flight'))
    await held.asked
    await emit(app, 'sales', message('pending'), message('other', '1@g.us'), message('pending'))
    t.match(await erase(app, { jid: JID }), { erased: 3, delivered: 0, pending: 3 })
    await emit(app, 'sales', message('later'))
    held.release()
    const bodies = await sqs.bodies(QUEUE, 5)
    t.match(bodies, [
      { offset: 1, data: message('in flight') },
      { offset: 2, data: null, erased: true, sender: null },
      { offset: 3, data: message('other', '1@g.us') },
      { offset: 4, data: null, erased: true },
      { offset: 5, data: message('later') }
    ])
    t.notOk('erased' in (bodies[2] ?? {}))
    await until(() => app.eventLog.store.deliveries.pendingCount() === 0)
    t.match(await erase(app, { jid: JID }), { erased: 1, delivered: 1, pending: 0 })
  })

  t.test(`${backend.name}: a dead letter that is redriven is sent without data`, async (t) => {
    const { sqs, proxy, options } = await startProxiedSqs(t)
    const app = await build(t, {
      eventLog: { url: await backend.start(t) },
      sqs: { ...options, maxAttempts: 1, global: { events: ['CALL'] } }
    })
    proxy.decide = ({ action }) => (action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied' } : undefined)
    await emit(app, 'sales', message('secret'))
    const { deadLetters } = app.eventLog.store
    await until(async () => (await deadLetters.count()).count === 1)
    t.match(await erase(app, { jid: JID }), { erased: 1, delivered: 0, deadLetters: 1 })
    proxy.decide = () => undefined
    await app.sqs.deadLetters.redrive({})
    t.match(await sqs.bodies(QUEUE, 1), [{ offset: 1, data: null, erased: true }])
  })
}

/** A server that puts messages of more than 4,096 bytes into S3, behind a proxy. `start` starts another one on its log. */
async function withS3(t: Test, backend: Backend) {
  const { sqs, proxy, options: shared } = await startProxiedSqs(t)
  // The clients of the test add a member to the credentials.
  const options = structuredClone(shared)
  sqs.server.createBucket(BUCKET)
  const url = await backend.start(t)
  const start = (maxPayloadBytes: number) =>
    build(t, {
      eventLog: { url },
      sqs: {
        ...options,
        global: { events: ['CALL'] },
        maxPayloadBytes,
        s3: { ...options, bucket: BUCKET, prefix: 'hub' }
      }
    })
  const app = await start(4_096)
  const s3 = new S3Client({ ...sqs.options, forcePathStyle: true })
  t.after(() => s3.destroy())
  const has = (key: string) =>
    s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key })).then(
      () => true,
      (error: Error) => error.name !== 'NoSuchKey' && t.fail(error)
    )
  const s3Calls = () => proxy.calls.filter(({ headers }) => headers['x-amz-target'] === undefined).length
  return { app, start, sqs, proxy, has, s3Calls }
}

/** Holds the first call of S3. */
function holdUpload(proxy: FaultProxy): Held {
  const { asked, release, hold } = gate()
  let calls = 0
  proxy.decide = async ({ headers }) => {
    if (headers['x-amz-target'] === undefined && calls++ === 0) await hold()
    return undefined
  }
  return { asked, release }
}

const large = message('x'.repeat(9_000))

for (const backend of await backends(t)) {
  t.test(`${backend.name}: objects of erased events are deleted, and those of others stay`, async (t) => {
    const { app, sqs, has } = await withS3(t, backend)
    for (const [id, value] of Object.entries({
      a: large,
      b: message('x'.repeat(9_000), '1@g.us'),
      c: message('small')
    }))
      await app.onInstanceEvent({ instance: 'sales', event: 'call', id, data: value })
    const keys = (await sqs.bodies(QUEUE, 3)).map(({ data }) => (data as { key: string }).key)
    t.match(keys.slice(0, 2), ['hub/sales/1-a.json', 'hub/sales/2-b.json'])
    await until(() => app.eventLog.store.deliveries.pendingCount() === 0)
    t.match(await erase(app, { jid: JID }), { erased: 2, delivered: 2, objects: 1, objectsFailed: [] })
    t.strictSame([await has('hub/sales/1-a.json'), await has('hub/sales/2-b.json')], [false, true])
  })

  t.test(
    `${backend.name}: both objects of an event are deleted, with and without what a selection omits`,
    async (t) => {
      const { app, sqs, has } = await withS3(t, backend)
      await app.sqs.set('sales', { enabled: true, events: ['CALL'], omit: ['data.media'] })
      const data = { ...large, media: 'secret' }
      await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data })
      await Promise.all([sqs.bodies(QUEUE, 1), sqs.bodies('sales_call.fifo', 1)])
      const keys = ['hub/sales/1-a.json', 'hub/sales/1-a.omit.json']
      t.strictSame(await Promise.all(keys.map(has)), [true, true])
      t.match(await erase(app, { jid: JID }), { erased: 1, objects: 2, objectsFailed: [] })
      t.strictSame(await Promise.all(keys.map(has)), [false, false])
      t.match(await erase(app, { ids: ['a'] }), { erased: 0, objects: 0, objectsFailed: [] }, 'none is left')
    }
  )

  t.test(`${backend.name}: an object is deleted though its queue accepts the message now`, async (t) => {
    const { app, start, sqs, has } = await withS3(t, backend)
    await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data: large })
    await sqs.bodies(QUEUE, 1)
    t.ok(await has('hub/sales/1-a.json'))
    await app.close()
    const next = await start(1_048_576)
    t.match(await erase(next, { jid: JID }), { erased: 1, objects: 1 })
    t.notOk(await has('hub/sales/1-a.json'))
  })

  t.test(`${backend.name}: S3 is not asked about events that any queue accepts, or that go to none`, async (t) => {
    const { app, sqs, s3Calls } = await withS3(t, backend)
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: message('small') })
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: large, transports: ['websocket'] })
    await sqs.bodies(QUEUE, 1)
    t.match(await erase(app, { jid: JID }), { erased: 2, objects: 0 })
    t.equal(s3Calls(), 0)
  })

  t.test(`${backend.name}: an object of an event whose message any queue may refuse is looked for`, async (t) => {
    const { app, sqs, s3Calls } = await withS3(t, backend)
    // Fewer than 1,024 characters, and more bytes with its attributes.
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: message('x'.repeat(700)) })
    await sqs.bodies(QUEUE, 1)
    t.match(await erase(app, { jid: JID }), { erased: 1, objects: 0 })
    t.ok(s3Calls() > 0)
  })

  t.test(`${backend.name}: a request that fails after its events were erased has deleted their objects`, async (t) => {
    const { app, sqs, has } = await withS3(t, backend)
    await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data: large })
    await sqs.bodies(QUEUE, 1)
    const { log } = app.eventLog.store
    const eraseInLog = log.erase.bind(log)
    const erased = Promise.withResolvers<void>()
    t.intercept(log, 'erase', {
      value: async (events: StoredEvent[]) => {
        await eraseInLog(events)
        erased.resolve()
        throw new Error('the connection was lost')
      }
    })
    await t.rejects(app.eventLog.erasure.erase('sales', { jid: JID }), { message: 'the connection was lost' })
    await erased.promise
    t.notOk(await has('hub/sales/1-a.json'))
  })

  t.test(
    `${backend.name}: an object that S3 does not delete is named, and deleted when its id is asked for`,
    async (t) => {
      const { app, sqs, proxy, has } = await withS3(t, backend)
      await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data: large })
      await sqs.bodies(QUEUE, 1)
      proxy.decide = ({ headers }) =>
        headers['x-amz-target'] === undefined ? { status: 403, code: 'AccessDenied', message: 'no' } : undefined
      const key = 'hub/sales/1-a.json'
      t.match(await erase(app, { jid: JID }), {
        erased: 1,
        objects: 0,
        objectsFailed: [{ id: 'a', key, reason: /./ }]
      })
      t.ok(await has(key))
      proxy.decide = () => undefined
      t.match(await erase(app, { ids: ['a'] }), { erased: 0, objects: 1, objectsFailed: [] })
      t.notOk(await has(key))
    }
  )

  t.test(`${backend.name}: an object whose upload ends after its event was erased is deleted`, async (t) => {
    const { app, sqs, proxy, has } = await withS3(t, backend)
    const { asked, release } = holdUpload(proxy)
    await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data: large })
    await asked
    t.match(await erase(app, { jid: JID }), { erased: 1, pending: 1 })
    release()
    t.match(await sqs.bodies(QUEUE, 1), [{ dataType: 'json', data: null, erased: true }])
    t.notOk(await has('hub/sales/1-a.json'))
  })

  t.test(`${backend.name}: an object whose upload ends while its event is being erased is deleted`, async (t) => {
    const { app, sqs, proxy, has } = await withS3(t, backend)
    const { asked, release } = holdUpload(proxy)
    await app.onInstanceEvent({ instance: 'sales', event: 'call', id: 'a', data: large })
    await asked
    const { log } = app.eventLog.store
    const eraseInLog = log.erase.bind(log)
    t.intercept(log, 'erase', {
      value: async (events: StoredEvent[]) => {
        release()
        await sqs.bodies(QUEUE, 1)
        return eraseInLog(events)
      }
    })
    t.match(await erase(app, { jid: JID }), { erased: 1, objects: 1 })
    t.notOk(await has('hub/sales/1-a.json'))
  })
}

t.test('a page of a replay that was read before an event was erased is read again', async (t) => {
  const held = heldStore(t)
  const { app, url } = await listen(t, { sqs: false, eventLog: { store: held.store } })
  await app.websocket.set('sales', { enabled: true })
  await emit(app, 'sales', message('secret'), 'other')
  const { until: received } = client(t, `${url}/sales`, { auth: { apikey: API_KEY, offset: 0 } })
  const read = await held.read()
  const [event] = await held.store.log.read({ after: 0, limit: 1 })
  await held.store.log.erase([event!])
  read.answer()
  held.open()
  t.strictSame(data(await received(3)), [null, 'other', { from: 0, to: 2, count: 2, complete: true }])
})
