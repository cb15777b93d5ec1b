import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import websocket from '../../plugins/websocket.ts'
import { API_KEY, bare } from '../support/build.ts'
import { client, connect, next } from '../support/sockets.ts'
import { soon, soonOnce } from '../support/until.ts'

const OPTIONS = { apiKey: API_KEY, eventLog: { url: ':memory:' } }

/** A WebSocket of the host's own, at `/echo`. */
async function echo(host: FastifyInstance): Promise<void> {
  await host.register(fastifyWebsocket)
  await host.register(async (scope) => {
    scope.get('/echo', { websocket: true }, (socket) => {
      socket.on('message', (text) => socket.send(String(text)))
    })
  })
}

async function assertBothWork(t: Test, host: FastifyInstance): Promise<void> {
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  await host.websocket.set('sales', { enabled: true })
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    const { socket, until } = await connect(t, `${url}/sales`, API_KEY, { transports })
    const { engine } = socket.io
    if (transports.length > 1 && engine.transport.name === 'polling')
      await soon(new Promise<void>((resolve) => engine.once('upgrade', () => resolve())), 'an upgrade')
    await host.websocket.emit({ instance: 'sales', event: 'call', data: transports })
    t.match(await until(1), [{ event: 'call', message: { data: transports } }])
    socket.disconnect()
  }
  const own = new WebSocket(`${url.replace('http', 'ws')}/echo`)
  t.after(() => own.terminate())
  await soonOnce(own, 'open')
  const answer = soonOnce(own, 'message')
  own.send('hello')
  t.equal(String((await answer)[0]), 'hello')
  own.close()
}

t.test(
  '@fastify/websocket and Socket.IO get their own connections if @fastify/websocket is registered first',
  async (t) => {
    const host = bare(t)
    await echo(host)
    await host.register(websocket, OPTIONS)
    await assertBothWork(t, host)
  }
)

t.test(
  '@fastify/websocket and Socket.IO get their own connections if @fastify/websocket is registered last',
  async (t) => {
    const host = bare(t)
    await host.register(websocket, OPTIONS)
    await echo(host)
    await assertBothWork(t, host)
  }
)

t.test('two contexts with sockets and @fastify/websocket between them get their own connections', async (t) => {
  const host = bare(t)
  await host.register(async (context) => context.register(websocket, { ...OPTIONS, path: '/first' }))
  await echo(host)
  await host.register(async (context) => context.register(websocket, { ...OPTIONS, path: '/second' }))
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/first', '/second']) {
    const { socket } = client(t, `${url}/sales`, { path, auth: { apikey: 'wrong' }, reconnection: false })
    const [error] = (await next(socket, 'connect_error')) as [{ data?: { code: string } }]
    t.match(error.data, { code: 'IEV_WS_UNAUTHORIZED' }, path)
  }
  const own = new WebSocket(`${url.replace('http', 'ws')}/echo`)
  t.after(() => own.terminate())
  await soonOnce(own, 'open')
  t.pass('the WebSocket of the host opens')
})

t.test('closing the server removes the listener for upgrades', async (t) => {
  const host = Fastify()
  await host.register(websocket, OPTIONS)
  await echo(host)
  await host.listen({ port: 0, host: '127.0.0.1' })
  const listeners = host.server.listenerCount('upgrade')
  await host.close()
  t.equal(host.server.listenerCount('upgrade'), listeners - 1)
})

/** Makes a request with an offer to upgrade. @returns the status and the body of the reply */
async function upgrade(
  url: string,
  headers: Record<string, string>,
  method: 'POST' | 'GET' = 'POST'
): Promise<{ status?: number | undefined; body: string }> {
  const asked = request(url, {
    method,
    headers: { connection: 'Upgrade', 'content-type': 'application/json', ...headers }
  })
  asked.end(method === 'POST' ? '{"name":"sales"}' : undefined)
  const [reply] = (await soonOnce(asked, 'response')) as [import('node:http').IncomingMessage]
  let body = ''
  for await (const chunk of reply.setEncoding('utf8')) body += String(chunk)
  return { status: reply.statusCode, body }
}

t.test('a request that offers an upgrade to HTTP/2 is answered by HTTP/1.1', async (t) => {
  const host = bare(t)
  await host.register(websocket, OPTIONS)
  host.post('/own', async ({ body }) => body)
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  t.same(await upgrade(`${url}/own`, { upgrade: 'h2c' }), { status: 200, body: '{"name":"sales"}' })
  t.match(await upgrade(`${url}/socket.io/?EIO=4&transport=fax`, { upgrade: 'h2c' }), {
    status: 400,
    body: /Transport unknown/
  })
})

t.test('an upgrade on an unknown path is answered 404', async (t) => {
  const host = bare(t)
  await host.register(websocket, OPTIONS)
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  const plain = new WebSocket(`${url.replace('http', 'ws')}/nothing`)
  const [error] = (await soonOnce(plain, 'error')) as [Error]
  t.match(error.message, '404')
})

t.test(
  'an offer to upgrade that nobody accepts is a plain request, on versions of Node.js without shouldUpgradeCallback',
  async (t) => {
    const host = bare(t)
    const server = host.server as { shouldUpgradeCallback?: unknown }
    const asked = server.shouldUpgradeCallback
    delete server.shouldUpgradeCallback
    await host.register(websocket, OPTIONS)
    if (asked) server.shouldUpgradeCallback = () => true
    host.get('/own', async ({ headers }) => ({ upgrade: headers.upgrade, text: headers['x-text'] }))
    const url = await host.listen({ port: 0, host: '127.0.0.1' })
    const offer = { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__', 'x-text': 'text' }
    t.same(await upgrade(`${url}/own`, offer, 'GET'), { status: 200, body: '{"text":"text"}' })
  }
)

t.test(
  'an offer to upgrade that nobody accepts is a plain request, on versions of Node.js that read its body first',
  async (t) => {
    const host = bare(t)
    await host.register(websocket, OPTIONS)
    host.post('/own', async ({ body }) => body)
    await host.ready()
    // Passes requests on like Node.js 26 does for `localhost`: the body is read from the request.
    const front = createServer((asked, response) => {
      response.detachSocket(asked.socket)
      host.server.emit('upgrade', asked, asked.socket, Buffer.alloc(0))
    })
    t.after(() => front.close())
    await once(front.listen(0, '127.0.0.1'), 'listening')
    const { port } = front.address() as AddressInfo
    t.same(await upgrade(`http://127.0.0.1:${port}/own`, { connection: 'close' }), {
      status: 200,
      body: '{"name":"sales"}'
    })
  }
)
