import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import app, { type AppOptions } from '../../app.ts'
import { API_KEY, bare, listen } from '../support/build.ts'
import { gate } from '../support/held-calls.ts'
import { soon, soonClosed, soonOnce, until } from '../support/until.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** An event of this many bytes. */
const eventOf = (bytes: number) => `{"event":"call","data":"${'x'.repeat(bytes - 26)}"}`

async function post(url: string, bytes: number): Promise<number> {
  const headers = { apikey: API_KEY, ...JSON_TYPE }
  return (await fetch(`${url}/events/sales`, { method: 'POST', headers, body: eventOf(bytes) })).status
}

/** A server whose host lets requests wait in a hook; each client leaves meanwhile. */
async function start(t: Test, options: Partial<AppOptions>) {
  const host = bare(t)
  let wait = async (_raw: IncomingMessage): Promise<void> => {}
  host.addHook('onRequest', ({ raw }) => wait(raw))
  await host.register(app, { apiKey: API_KEY, docs: false, eventLog: { url: ':memory:' }, sqs: false, ...options })
  const url = await host.listen({ host: '127.0.0.1', port: 0 })
  await host.websocket.set('sales', { enabled: true })

  const leave = async (path: string, { headers, ...options }: RequestOptions = {}) => {
    const { asked, hold, release } = gate()
    let serverEnd: Socket | undefined
    wait = async ({ socket }) => {
      serverEnd = socket
      await hold()
    }
    const leaving = request(`${url}${path}`, { agent: false, headers: { apikey: API_KEY, ...headers }, ...options })
    leaving.on('error', () => {}).flushHeaders()
    await soon(asked, 'a request')
    const closed = soonClosed(serverEnd as Socket)
    leaving.destroy()
    await closed
    wait = async () => {}
    release()
    // No other event tells that the request was handled.
    await new Promise(setImmediate)
  }
  return { host, url, leave }
}

t.test('bodies of clients that leave while a hook of the host waits count no more', async (t) => {
  const { url, leave } = await start(t, { bodiesLimit: 1_000 })
  const options = { method: 'POST', headers: { ...JSON_TYPE, 'content-length': 400 } }
  for (let time = 0; time < 3; time++) await leave('/events/sales', options)
  t.equal(await post(url, 400), 202)
})

t.test('streams and long polls of clients that leave while a hook of the host waits count no more', async (t) => {
  const { host, url, leave } = await start(t, { websocket: { maxSocketsPerAddress: 1 } })
  for (const path of ['/events/sales/stream', '/events/sales?wait=60', '/events/sales?after=0&wait=60'])
    await leave(path)
  const metrics = (await host.inject('/metrics')).body
  t.match(metrics, /^iev_websocket_sockets 0$/m)
  t.match(metrics, /^iev_websocket_streams 0$/m)
  t.match(metrics, /^iev_http_long_polls 0$/m)
  const [reply] = (await soonOnce(
    request(`${url}/events/sales?wait=1`, { headers: { apikey: API_KEY } }).end(),
    'response'
  )) as [IncomingMessage]
  t.equal(reply.resume().statusCode, 200, 'its address may have a connection')
})

t.test('requests that wait behind an open stream of their connection count until it is closed', async (t) => {
  const { app, url } = await listen(t, { sqs: false, bodiesLimit: 1_000 })
  await app.websocket.set('sales', { enabled: true })
  const client = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => client.destroy())
  client.on('error', () => {}).resume()
  const head = (line: string) => `${line} HTTP/1.1\r\nhost: a\r\napikey: ${API_KEY}\r\n`
  client.write(`${head('GET /events/sales/stream')}\r\n`)
  client.write(
    `${head('POST /events/sales')}content-type: application/json\r\ncontent-length: 400\r\n\r\n${eventOf(400)}`
  )
  client.write(`${head('GET /events/sales/stream')}\r\n${head('GET /events/sales?wait=60')}\r\n`)
  await until(() => app.websocket.connected === 3)
  t.equal(await post(url, 400), 503)
  client.destroy()
  await until(() => app.websocket.connected === 0)
  t.equal(await post(url, 400), 202)
})
