import { EventEmitter, once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { UnreadPages } from '../../routes/unread-pages.ts'
import { API_KEY, listen } from '../support/build.ts'
import { poll as request, polledData as values } from '../support/long-poll.ts'
import { emit } from '../support/resuming.ts'

async function start(t: Test) {
  const { app, url } = await listen(t, { sqs: false, websocket: false })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'first' })
  const poll = (path: string) => request(`${url}/events${path}`)
  return { app, url, poll }
}

t.test('a reader whose log was lost or pruned is told so', async (t) => {
  const { app, poll } = await start(t)
  const { log } = await poll('/sales?after=0')
  t.match(log, /^\S+$/)
  t.match(await poll(`/sales?after=1&log=${log}`), { events: [], complete: true, log })
  t.match(await poll('/sales?after=7'), { events: [{ data: 'first' }], complete: false, after: 1 })
  t.match(await poll('/sales?after=1&log=another'), { events: [{ data: 'first' }], complete: false })
  const { store } = app.eventLog
  while ((await store.log.prune({ acceptedBefore: Date.now() + 1_000, maxBytes: Number.MAX_SAFE_INTEGER })).more);
  t.match(await poll('/sales?after=0'), { events: [], complete: false })
  t.equal('complete' in (await poll('/sales?before=latest')), false, 'there is no reader that comes back')
})

t.test('a query that makes no sense is refused', async (t) => {
  const { poll } = await start(t)
  const messages = await Promise.all(
    ['after=0&filter={', 'after=0&filter={"a":1}'].map((query) => poll(`/sales?${query}`))
  )
  t.match(messages, [
    { status: 400, response: { message: ['querystring.filter must be JSON, percent-encoded'] } },
    { status: 400, response: { message: [/^querystring\.filter\.a must be/] } }
  ])
})

t.test('pages that clients do not read are bounded, and closed after a while', async (t) => {
  const reply = (instance?: string) => {
    const socket = Object.assign(new EventEmitter(), { destroyed: false, destroy: () => {} })
    const raw = Object.assign(new EventEmitter(), { socket, req: { socket } })
    // No more of them is used.
    return { raw, request: { params: { instance } } } as unknown as FastifyReply
  }
  const unread = new UnreadPages({ max: 10, withinMs: 5 })
  const [first, second, third, all] = [reply('a'), reply('a'), reply('b'), reply()]
  unread.add('x'.repeat(5), first)
  t.throws(() => unread.add('x', second), { code: 'IEV_BACKPRESSURE', message: /too many pages of the "a" instance/ })
  unread.add('xx', third)
  unread.add('x', all)
  t.throws(() => unread.add('x', all), { code: 'IEV_BACKPRESSURE', message: /pages of the log of all instances/ })
  first.raw.emit('close')
  const closed = new Promise<void>((resolve) =>
    t.intercept(second.raw.req.socket, 'destroy', { value: () => resolve() })
  )
  unread.add('xx', second)
  await closed
  for (const { raw } of [second, third, all]) raw.emit('close')
  const left = reply('a')
  Object.assign(left.raw.req.socket, { destroyed: true })
  unread.add('x'.repeat(5), left)
  unread.add('x'.repeat(5), first)
  first.raw.emit('close')
})

t.test('pages that the clients of one tenant do not read leave room for those of others', async (t) => {
  const { app, url, poll } = await start(t)
  await app.onInstanceEvent({ instance: 'much', event: 'call', data: 'x'.repeat(10_000_000) })
  const unread = async () => {
    const asked = get(`${url}/events/much?after=0`, { headers: { apikey: API_KEY } })
    t.teardown(() => asked.destroy())
    const [reply] = (await once(asked, 'response')) as [IncomingMessage]
    return reply.statusCode
  }
  t.strictSame([await unread(), await unread(), await unread(), await unread()], [200, 200, 200, 503])
  t.match(await poll('/sales?after=0'), { status: 200, events: [{ data: 'first' }] })
  t.match(await poll('?after=0'), { status: 200, events: [{ data: 'first' }] })
})

t.test('a filter of large events looks at a part of the page at a time', async (t) => {
  const { app, poll } = await start(t)
  for (const n of [1, 2, 3]) await emit(app, 'sales', { n, text: 'x'.repeat(200_000) })
  const page = await poll(`/sales?after=0&filter=${encodeURIComponent('{"n":[1,3]}')}`)
  t.match(values(page), { length: 2, 0: { n: 1 }, 1: { n: 3 } })
})
