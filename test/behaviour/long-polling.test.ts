import { EventEmitter } from 'node:events'
import type { FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { UnreadPages } from '../../routes/unread-pages.ts'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { emit } from '../support/resuming.ts'

interface Answer {
  status: number
  after: number
  events: { data: unknown }[]
}

async function start(t: Test, options: Parameters<typeof listen>[1] = {}) {
  const { app, url } = await listen(t, { sqs: false, websocket: false, ...options })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'first' })
  const poll = async (path: string, { apikey = API_KEY, signal }: { apikey?: string; signal?: AbortSignal } = {}) => {
    const reply = await fetch(`${url}/events${path}`, { headers: { apikey }, ...(signal && { signal }) })
    return { status: reply.status, ...((await reply.json()) as Omit<Answer, 'status'>) }
  }
  return { app, url, poll }
}

const values = ({ events }: Answer) => events.map(({ data }) => data)

for (const backend of await backends(t)) {
  t.test(`${backend.name}: an empty page waits for the next event`, (t) => waits(t, backend))
}

async function waits(t: Test, backend: Backend) {
  const { app, poll } = await start(t, { eventLog: { url: await backend.start(t) } })
  t.strictSame(values(await poll('/sales?after=0&wait=60')), ['first'], 'what is there is answered at once')
  t.strictSame(values(await poll('/sales?wait=60')), ['first'])
  const polls = [
    poll('/sales?after=1&wait=60'),
    poll('?after=1&wait=60'),
    poll('/sales?after=1&wait=60&events=labels.edit'),
    poll(`/sales?after=1&wait=60&filter=${encodeURIComponent('{"n":[2]}')}`)
  ]
  await emit(app, 'other', 'of another')
  await emit(app, 'sales', { n: 1 })
  await app.onInstanceEvent({ instance: 'sales', event: 'labels.edit', data: { n: 2 } })
  const [own, all, labels, filtered] = await Promise.all(polls)
  t.match(values(own as Answer)[0], { n: 1 })
  t.match(values(all as Answer)[0], 'of another')
  t.strictSame(values(labels as Answer), [{ n: 2 }])
  t.strictSame(values(filtered as Answer), [{ n: 2 }])
  const { after } = filtered as Answer
  t.match(await poll(`/sales?after=${after}&wait=1`), { status: 200, events: { length: 0 }, after }, 'in vain')
}

t.test('a wait ends when its key is revoked, its instance deleted, or the server closes', async (t) => {
  const { app, poll } = await start(t)
  for (const name of ['a', 'b']) await app.eventLog.instances.create({ name, token: `token-of-${name}` })
  const polls = [
    poll('/a?after=1&wait=60', { apikey: 'token-of-a' }),
    poll('/b?after=1&wait=60', { apikey: 'token-of-b' }),
    poll('/b?after=1&wait=60'),
    poll('/sales?after=1&wait=60')
  ]
  const gone = new AbortController()
  const left = poll('/sales?after=1&wait=60', { signal: gone.signal }).catch(() => 'left')
  // All of them are there once a later request is answered.
  await poll('/sales?after=0')
  gone.abort()
  await app.eventLog.instances.setToken('a', 'another token')
  await app.eventLog.instances.remove('b')
  t.match(await Promise.all(polls.slice(0, 3)), [{ status: 401 }, { status: 401 }, { status: 404 }])
  t.equal(await left, 'left')
  await app.close()
  t.match(await polls[3], { status: 200, events: { length: 0 } })
})

t.test('a wait that makes no sense is refused', async (t) => {
  const { poll } = await start(t)
  const messages = await Promise.all(
    ['before=latest&wait=1', 'wait=61', 'after=0&filter={', 'after=0&filter={"a":1}'].map((query) =>
      poll(`/sales?${query}`)
    )
  )
  t.match(messages, [
    {
      status: 400,
      response: { message: ['querystring.wait goes with querystring.after, not with querystring.before'] }
    },
    { status: 400, response: { message: [/^querystring\.wait must be <= 60/] } },
    { status: 400, response: { message: ['querystring.filter must be JSON, percent-encoded'] } },
    { status: 400, response: { message: [/^querystring\.filter\.a must be/] } }
  ])
})

t.test('a reader whose log was lost or pruned is told so, and waits for nothing', async (t) => {
  const { app, poll } = await start(t)
  const read = async (query: string) => (await poll(`/sales?${query}`)) as unknown as Record<string, unknown>
  const { log } = await read('after=0')
  t.match(log, /^\S+$/)
  t.match(await read(`after=1&log=${String(log)}`), { events: [], complete: true, log })
  t.match(await read('after=7&wait=60'), { events: [{ data: 'first' }], complete: false, after: 1 })
  t.match(await read('after=1&log=another&wait=60'), { events: [{ data: 'first' }], complete: false })
  const { store } = app.eventLog
  while ((await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Number.MAX_SAFE_INTEGER })).more);
  t.match(await read('after=0&wait=60'), { events: [], complete: false })
  t.equal('complete' in (await read('before=latest')), false, 'there is no reader that comes back')
})

t.test('pages that clients do not read are bounded, and closed after a while', async (t) => {
  const replies = Array.from({ length: 3 }, () => ({ raw: Object.assign(new EventEmitter(), { destroy: () => {} }) }))
  const unread = new UnreadPages({ max: 10, withinMs: 5 })
  // Only `raw` is looked at.
  const [first, second, third] = replies as unknown as [FastifyReply, FastifyReply, FastifyReply]
  unread.add('x'.repeat(20), first)
  t.throws(() => unread.add('x', second), { code: 'IEV_BACKPRESSURE' }, 'a page larger than the limit goes alone')
  first.raw.emit('close')
  const closed = new Promise<void>((resolve) => t.intercept(second.raw, 'destroy', { value: () => resolve() }))
  unread.add('x'.repeat(9), second)
  await closed
  second.raw.emit('close')
  unread.add('x'.repeat(10), Object.assign({}, third, { raw: { destroyed: true } }))
  unread.add('x'.repeat(10), third)
  third.raw.emit('close')
})

t.test('a filter of large events looks at a part of the page at a time', async (t) => {
  const { app, poll } = await start(t)
  for (const n of [1, 2, 3]) await emit(app, 'sales', { n, text: 'x'.repeat(200_000) })
  const page = await poll(`/sales?after=0&filter=${encodeURIComponent('{"n":[1,3]}')}`)
  t.match(values(page), { length: 2, 0: { n: 1 }, 1: { n: 3 } })
})

t.test('a reader goes on after a restart of the server, which begins an epoch', async (t) => {
  const eventLog = { url: `file:${folder(t)}/events.db` }
  const first = await start(t, { eventLog })
  const { log, after } = (await first.poll('/sales?after=0')) as Answer & { log: string }
  await first.app.close()
  const { poll } = await start(t, { eventLog })
  t.match(await poll(`/sales?after=${after}&log=${log}&wait=60`), { events: [{ data: 'first' }], complete: true })
})

t.test('a change that leaves the token as it is does not end a wait', async (t) => {
  const { app, poll } = await start(t)
  await app.eventLog.instances.setToken('sales', 'token-of-sales')
  const waiting = poll('/sales?after=1&wait=60', { apikey: 'token-of-sales' })
  await poll('/sales?after=0')
  await app.eventLog.instances.setSelection('sales', 'websocket', { enabled: false, events: [] }, { register: false })
  await emit(app, 'sales', 'second')
  t.strictSame(values(await waiting), ['second'])
})
