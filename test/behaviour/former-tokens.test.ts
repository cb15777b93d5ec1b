import t, { type Test } from 'tap'
import { backends, type Backend } from '../support/backends.ts'
import { API_KEY, type Built, listen } from '../support/build.ts'
import { stream } from '../support/event-stream.ts'
import { connect, next, refusal } from '../support/sockets.ts'
import { until } from '../support/until.ts'

const OLD = 'old-token-of-sales'
const NEW = 'new-token-of-sales'

/** Nodes on one database, with an instance whose token is `OLD`. */
async function serve(t: Test, { url, nodes }: { url: string; nodes: number }) {
  const options = { sqs: false, eventLog: { url }, websocket: { globalEvents: true } } as const
  const served: Built[] = []
  for (let n = 0; n < nodes; n++) served.push(await listen(t, options))
  const [first] = served as [Built, ...Built[]]
  await first.app.eventLog.instances.create({ name: 'sales', token: OLD })
  await first.app.websocket.set('sales', { enabled: true })
  await until(() => served.every(({ app }) => app.eventLog.instances.get('sales')?.selections.websocket))
  return { first, last: served.at(-1) as Built }
}

/** Clients that a token authorizes: on both kinds of namespace, of a stream, and one that waits for an event. */
async function clientsOf(t: Test, { url, token }: { url: string; token: string }) {
  const socket = await connect(t, `${url}/sales`, token, { reconnection: false })
  const onRoot = await connect(t, `${url}/`, token, { reconnection: false })
  const events = await stream(t, `${url}/events/sales/stream`, { apikey: token })
  await events.until(1)
  const poll = fetch(`${url}/events/sales?after=0&wait=60`, { headers: { apikey: token } })
  const ends = Promise.all([
    next(socket.socket, 'disconnect'),
    next(onRoot.socket, 'disconnect'),
    events.ended,
    poll.then(({ status }) => status)
  ])
  return { socket, onRoot, events, poll, ends }
}

async function replace(url: string, body: object): Promise<void> {
  const reply = await fetch(`${url}/instance/token/sales`, {
    method: 'PUT',
    headers: { apikey: API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  if (!reply.ok) throw new Error(await reply.text())
}

function formerTokens(t: Test, backend: Backend, nodes: number): void {
  const where = `${backend.name}, ${nodes === 1 ? 'one node' : 'the other of two nodes'}`

  t.test(
    `${where}: clients with a former token receive events until its time is over, then they are gone`,
    async (t) => {
      const { first, last } = await serve(t, { url: await backend.start(t), nodes })
      const { instances } = last.app.eventLog
      const before = await clientsOf(t, { url: last.url, token: OLD })
      await replace(first.url, { token: NEW, keepOldForSeconds: 3_600 })
      await until(() => instances.findByToken(NEW) !== undefined)
      const after = await clientsOf(t, { url: last.url, token: OLD })
      const newer = await clientsOf(t, { url: last.url, token: NEW })
      await first.app.onInstanceEvent({ instance: 'sales', event: 'call', data: 'while both are valid' })
      for (const clients of [before, after, newer]) {
        t.match(await clients.socket.until(1), [{ message: { data: 'while both are valid' } }])
        t.match(await clients.onRoot.until(1), [{ message: { data: 'while both are valid' } }])
        t.match((await clients.events.until(2))[1], { message: { data: 'while both are valid' } })
        t.equal((await clients.poll).status, 200)
      }

      const wait = fetch(`${last.url}/events/sales?after=1&wait=60`, { headers: { apikey: OLD } })
      await replace(first.url, { token: NEW, keepOldForSeconds: 1 })
      await Promise.all([before.ends, after.ends])
      t.equal((await wait).status, 401)
      t.match(await refusal(t, `${last.url}/sales`, { auth: { apikey: OLD } }), { code: 'IEV_WS_UNAUTHORIZED' })
      t.ok(newer.socket.socket.connected && newer.onRoot.socket.connected && !newer.events.response.destroyed)
    }
  )

  t.test(`${where}: a second new token, or one that keeps none, disconnects older clients at once`, async (t) => {
    const { first, last } = await serve(t, { url: await backend.start(t), nodes })
    const { instances } = last.app.eventLog
    const oldest = await clientsOf(t, { url: last.url, token: OLD })
    await replace(first.url, { token: NEW, keepOldForSeconds: 3_600 })
    await until(() => instances.findByToken(NEW) !== undefined)
    const newer = await clientsOf(t, { url: last.url, token: NEW })
    await replace(first.url, { token: 'newest-token', keepOldForSeconds: 3_600 })
    t.equal((await oldest.ends)[3], 401)
    const newest = await clientsOf(t, { url: last.url, token: 'newest-token' })
    t.ok(newer.socket.socket.connected && newer.onRoot.socket.connected && !newer.events.response.destroyed)
    await replace(first.url, { token: 'newest-token' })
    t.equal((await newer.ends)[3], 401)
    t.ok(newest.socket.socket.connected && newest.onRoot.socket.connected && !newest.events.response.destroyed)
  })
}

for (const backend of await backends(t)) {
  formerTokens(t, backend, 1)
  if (backend.name === 'PostgreSQL') formerTokens(t, backend, 2)
}
