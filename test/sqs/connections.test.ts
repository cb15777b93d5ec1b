import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { Connections } from '../../lib/sqs/connections.ts'
import { CallError } from '../../lib/sqs/failures.ts'
import { reset } from '../support/reset.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { soonOnce, until } from '../support/until.ts'

/** Connections to an address of this machine. */
function start(t: Test, { port, protocol = 'http:', hostname = '127.0.0.1' }: Address) {
  const connections = new Connections({ max: 2, connectTimeoutMs: 300 })
  t.after(() => connections.close())
  const request = { method: 'POST', protocol, hostname, port, path: '/', headers: { host: 'sqs' } }
  const post = (body: string, signal = new AbortController().signal) =>
    connections.post({ ...request, body: Buffer.from(body) }, signal)
  /** The code and message with which a request fails. */
  const failure = async (signal?: AbortSignal) => {
    const error: unknown = await post('fails', signal).catch((error: unknown) => error)
    const { code, message } = CallError.from(error).failure
    return { code, message }
  }
  return { connections, post, failure }
}

interface Address {
  protocol?: string
  hostname?: string
  port: number | undefined
}

async function listen(t: Test, server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => open.add(socket))
  server.listen(0, '127.0.0.1')
  t.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Answers with the request's body. */
const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => response.setHeader('x-host', String(request.headers.host)).end(Buffer.concat(chunks)))
}

t.test('requests share connections, and at most `max` are open', async (t) => {
  const server = createServer((request, response) => void setImmediate(echo, request, response))
  let opened = 0
  server.on('connection', () => opened++)
  const { post } = start(t, { port: await listen(t, server) })
  const bodies = Array.from({ length: 20 }, (_, n) => `olá ${n}`)
  const answers = await Promise.all(bodies.map((body) => post(body)))
  t.strictSame(
    answers.map(({ statusCode, headers, body }) => [statusCode, headers['x-host'], body]),
    bodies.map((body) => [200, 'sqs', body])
  )
  t.equal(opened, 2)
})

t.test('the next request uses another connection, if one was reset or closed while it was idle', async (t) => {
  const sockets: Socket[] = []
  const server = createServer(echo).on('connection', (socket: Socket) => sockets.push(socket))
  const { post } = start(t, { port: await listen(t, server) })
  for (const end of [reset, (socket: Socket) => socket.end()]) {
    await post('first')
    const socket = sockets.at(-1) as Socket
    end(socket)
    await until(() => socket.destroyed)
    // The client reads the end of its connection in this turn of the event loop, or in the next.
    await until(async () => (await post('second').catch(() => undefined))?.body === 'second')
    t.not(sockets.at(-1), socket)
  }
})

t.test('a request whose connection ends before its answer fails, and is not sent again', async (t) => {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    if (request.headers.host === 'sqs') request.socket.end()
    else response.end()
  })
  const { failure } = start(t, { port: await listen(t, server) })
  t.match(await failure(), { code: 'ECONNRESET' })
  t.equal(requests, 1)
})

t.test('failures have the codes of Node.js', async (t) => {
  const closed = createTcpServer()
  const port = await listen(t, closed)
  closed.close()
  t.match(await start(t, { port }).failure(), { code: 'ECONNREFUSED' })
  // Without a port it is that of the protocol.
  t.match(await start(t, { port: undefined, protocol: 'https:', hostname: '127.1.2.3' }).failure(), {
    code: 'ECONNREFUSED'
  })
  const noHttp = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'))
  t.match(await start(t, { port: await listen(t, noHttp) }).failure(), { code: 'HPE_INVALID_CONSTANT' })
  const cut = createTcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"Succ'))
  t.match(await start(t, { port: await listen(t, cut) }).failure(), { code: 'ECONNRESET' })
})

t.test('a server that does not accept the connection in time fails the request', async (t) => {
  // It never answers the client's hello.
  const silent = await listen(t, createTcpServer())
  t.match(await start(t, { port: silent, protocol: 'https:' }).failure(), {
    code: 'IEV_TIMEOUT',
    message: /^Connect Timeout Error .* timeout: 300ms/
  })
})

t.test('a server whose certificate is not trusted receives no request', async (t) => {
  const server = createTlsServer(SELF_SIGNED, () => t.fail('a request'))
  const { failure } = start(t, { port: await listen(t, server), protocol: 'https:', hostname: 'localhost' })
  t.match(await failure(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

t.test('a request that is aborted ends its connection', async (t) => {
  const server = createServer(() => {})
  const port = await listen(t, server)
  const { failure } = start(t, { port })
  const controller = new AbortController()
  const failed = failure(controller.signal)
  const [, { socket }] = (await soonOnce(server, 'request')).toReversed() as [unknown, { socket: Socket }]
  controller.abort(new Error('enough'))
  t.match(await failed, { message: 'enough' })
  await until(() => socket.destroyed)
})

t.test('a request that is aborted while it waits for a connection is not sent', async (t) => {
  const bodies: string[] = []
  const release = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(String(chunk)))
    void release.promise.then(() => response.end('done'))
  })
  const { post } = start(t, { port: await listen(t, server) })
  const first = [post('1'), post('2')]
  await until(() => bodies.length === 2)
  const controller = new AbortController()
  const third = post('3', controller.signal)
  const fourth = post('4')
  controller.abort(new Error('enough'))
  await t.rejects(third, { message: 'enough' })
  release.resolve()
  t.match(await Promise.all([...first, fourth]), [{ body: 'done' }, { body: 'done' }, { body: 'done' }])
  t.strictSame(bodies.toSorted(), ['1', '2', '4'])
})

t.test('closing ends requests under way, and new ones fail', async (t) => {
  const server = createServer(() => {})
  const { connections, failure } = start(t, { port: await listen(t, server) })
  const failed = failure()
  await soonOnce(server, 'request')
  await connections.close()
  t.match(await failed, { code: 'ECONNRESET' })
  t.match(await failure(), { code: 'ECONNRESET' })
  const other = start(t, { port: (server.address() as AddressInfo).port })
  await other.connections.close()
  t.match(await other.failure(), { code: 'ECONNRESET' })
})

t.test('undici’s index is not loaded: it would replace the connections of the host’s `fetch`', async (t) => {
  const { post } = start(t, { port: await listen(t, createServer(echo)) })
  await post('first')
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('/undici/'))
  t.notSame(loaded, [])
  t.notOk(loaded.some((file) => file.endsWith('/undici/index.js')))
})
