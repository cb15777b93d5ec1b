import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, bare, build, type Built, listen } from '../support/build.ts'
import app from '../../app.ts'
import { holdCalls } from '../support/held-calls.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { soonOnce } from '../support/until.ts'

const OLD = 'token-of-the-first-tenant'
const NEW = 'token-of-the-second-tenant'
const JID = '5511999999999@s.whatsapp.net'
const NOT_FOUND = { code: 'IEV_INSTANCE_NOT_FOUND' }
const UNAUTHORIZED = { status: 401, code: 'IEV_UNAUTHORIZED' }

interface Posting {
  method?: string
  path: (instance: string) => string
  body: object
  status: number
}

/** What the token of an instance may change. */
const POSTINGS: Posting[] = [
  { path: (name) => `/events/${name}`, body: { event: 'call', data: 1 }, status: 202 },
  { path: (name) => `/events/${name}`, body: [{ event: 'call', data: 1 }], status: 202 },
  { path: (name) => `/events/${name}/erase`, body: { jid: JID }, status: 200 },
  { path: (name) => `/websocket/set/${name}`, body: { enabled: true, events: ['CALL'] }, status: 201 },
  { method: 'DELETE', path: (name) => `/instance/delete/${name}`, body: {}, status: 200 }
]

/**
 * Sends a request except for the last byte of its body, after the server has checked the key.
 * @returns a function that sends the byte
 */
async function hold(
  t: Test,
  { url }: Pick<Built, 'url'>,
  { method = 'POST', path, body }: Omit<Posting, 'status'>,
  name: string
) {
  const text = JSON.stringify(body)
  const headers = {
    apikey: OLD,
    'content-type': 'application/json',
    'content-length': text.length,
    // The server answers this in the turn of the event loop in which it gives the request to Fastify.
    expect: '100-continue'
  }
  const posting = request(`${url}${path(name)}`, { method, headers, agent: false })
  t.teardown(() => posting.destroy())
  posting.flushHeaders()
  await soonOnce(posting, 'continue')
  posting.write(text.slice(0, -1))
  return async () => {
    posting.end(text.slice(-1))
    const [reply] = (await soonOnce(posting, 'response')) as [IncomingMessage]
    return { ...((await json(reply)) as { code?: string }), status: reply.statusCode }
  }
}

/** How a key may be revoked. */
const REVOCATIONS = {
  'the token is replaced': async ({ app }: Built, name: string) => app.eventLog.instances.setToken(name, NEW + name),
  'the instance is deleted': async ({ app }: Built, name: string) => app.eventLog.instances.remove(name),
  'another tenant has the name': async ({ app }: Built, name: string) => {
    await app.eventLog.instances.remove(name)
    await app.eventLog.instances.create({ name, token: NEW + name })
    await app.onInstanceEvent({ instance: name, event: 'messages.upsert', data: { key: { remoteJid: JID } } })
  }
}

for (const backend of await backends(t)) {
  t.test(`${backend.name}: a request whose key is revoked before its body has arrived changes nothing`, (t) =>
    isRefused(t, backend)
  )
  t.test(`${backend.name}: events that arrive while their instance is deleted do not bring it back`, (t) =>
    isNotRevived(t, backend)
  )
}

async function isRefused(t: Test, backend: Backend) {
  const server = await listen(t, { sqs: false, eventLog: { url: await backend.start(t) } })
  const { instances, store } = server.app.eventLog
  for (const [title, revoke] of Object.entries(REVOCATIONS))
    for (const [at, posting] of POSTINGS.entries()) {
      const name = `${Object.keys(REVOCATIONS).indexOf(title)}-${at}`
      await instances.create({ name, token: OLD })
      const send = await hold(t, server, posting, name)
      await revoke(server, name)
      const before = JSON.stringify(instances.get(name))
      const log = await store.log.read({ after: 0, limit: 100 })
      t.match(await send(), UNAUTHORIZED, `${posting.path(name)}: ${title}`)
      t.equal(JSON.stringify(instances.get(name)), before, 'nothing is registered, selected or deleted')
      t.strictSame(await store.log.read({ after: 0, limit: 100 }), log, 'no event is added or erased')
      if (before) await instances.remove(name)
    }
}

async function isNotRevived(t: Test, backend: Backend) {
  const { eventLog } = await build(t, { sqs: false, eventLog: { url: await backend.start(t) } })
  const { instances, store } = eventLog
  const { key: onlyFor } = await instances.create({ name: 'sales', token: OLD })
  const event = { instance: 'sales', event: 'call', data: 1 }
  t.match(await eventLog.accept(event, { onlyFor }), { offset: 1 })
  const removed = instances.remove('sales')
  await t.rejects(eventLog.accept(event, { onlyFor }), NOT_FOUND)
  await removed
  t.equal(instances.get('sales'), undefined)
  await t.rejects(eventLog.accept(event, { onlyFor }), NOT_FOUND)
  await instances.create({ name: 'sales', token: NEW })
  await t.rejects(eventLog.accept([event], { onlyFor }), NOT_FOUND)
  t.equal((await store.log.range()).head, 1)
}

t.test('the token of an instance posts no event for another that has its name when the event is stored', async (t) => {
  const server = await build(t, { sqs: false })
  const { instances, store } = server.eventLog
  await instances.create({ name: 'sales', token: OLD })
  const append = store.log.append.bind(store.log)
  const post = async (apikey: string) => {
    store.log.append = async (...appended) => {
      store.log.append = append
      await instances.remove('sales')
      await instances.create({ name: 'sales', token: OLD })
      return append(...appended)
    }
    const payload = { event: 'call', data: 1 }
    return server.inject({ method: 'POST', url: '/events/sales', headers: { apikey }, payload })
  }
  t.match((await post(OLD)).json(), NOT_FOUND)
  t.equal((await post(API_KEY)).statusCode, 202, 'the global key is for both')
  t.equal((await store.log.range()).head, 1)
})

t.test('a key that stays valid while the body arrives is accepted', async (t) => {
  const server = await listen(t, { sqs: false })
  const { instances } = server.app.eventLog
  const changes = {
    nothing: async () => {},
    'another selection': (name: string) => server.app.websocket.set(name, { enabled: false }),
    'a former token': (name: string) => instances.setToken(name, NEW + name, { keepOldForMs: 60_000 })
  }
  for (const [title, change] of Object.entries(changes))
    for (const [at, posting] of POSTINGS.entries()) {
      const name = `${Object.keys(changes).indexOf(title)}-${at}`
      await instances.create({ name, token: OLD })
      const send = await hold(t, server, posting, name)
      await change(name)
      t.match(await send(), { status: posting.status }, `${posting.path(name)}: ${title}`)
      if (instances.get(name)) await instances.remove(name)
    }
})

t.test('a key that is revoked while a hook of the host waits is refused', async (t) => {
  const server = bare(t)
  let wait = async (): Promise<unknown> => undefined
  server.addHook('preHandler', () => wait())
  await server.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false })
  await server.ready()
  const { instances } = server.eventLog
  await instances.create({ name: 'sales', token: OLD })
  const ask = async (url: string) => (await server.inject({ url, headers: { apikey: OLD } })).statusCode
  t.equal(await ask('/events/sales?after=0'), 200)
  wait = () => instances.setToken('sales', NEW)
  t.equal(await ask('/events/sales?after=0'), 401)
})

for (const [title, replace] of [
  ['is deleted', async () => {}],
  [
    'is deleted and its name given to another tenant',
    async ({ eventLog }: Built['app']) => void (await eventLog.instances.create({ name: 'sales', token: NEW }))
  ]
] as const)
  t.test(`a selection is not stored if its instance ${title} while SQS creates the queues`, async (t) => {
    const { proxy, options } = await startProxiedSqs(t)
    const server = await build(t, { sqs: options })
    const { instances } = server.eventLog
    await instances.create({ name: 'sales', token: OLD })
    const { asked, release } = holdCalls(proxy, 'CreateQueue')
    const setting = server.inject({
      method: 'POST',
      url: '/sqs/set/sales',
      headers: { apikey: OLD },
      payload: { enabled: true, events: ['CALL'] }
    })
    // An injected request begins when it is awaited.
    const answered = setting.then((reply) => reply)
    await asked
    await instances.remove('sales')
    await replace(server)
    const before = instances.get('sales')
    release()
    t.match((await answered).json(), { status: 404, ...NOT_FOUND })
    t.equal(instances.get('sales'), before)
  })

t.test('the events of another tenant are not erased by a call that began before it had the name', async (t) => {
  const server = await build(t, { sqs: false })
  const { erasure, instances, store } = server.eventLog
  await instances.create({ name: 'sales', token: OLD })
  const range = store.log.range.bind(store.log)
  store.log.range = async () => {
    store.log.range = range
    await REVOCATIONS['another tenant has the name']({ app: server, url: '' }, 'sales')
    return range()
  }
  t.match(await erasure.erase('sales', { jid: JID }), { erased: 0, done: true })
  t.match(await store.log.read({ after: 0, limit: 1 }), [{ data: /remoteJid/ }])
})
