import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { onceClosed } from '../../lib/http/once-closed.ts'
import { soonClosed, soonOnce } from '../support/until.ts'

/** The responses of a server, in the order of their requests. */
async function responsesOf(t: Test, server: Server) {
  const responses: ServerResponse[] = []
  server.on('request', ((_request, response) => void responses.push(response)) satisfies RequestListener)
  server.listen(0, '127.0.0.1')
  t.after(() => server.close())
  await soonOnce(server, 'listening')
  const { port } = server.address() as AddressInfo
  const next = async () => {
    while (responses.length === 0) await soonOnce(server, 'request')
    return responses.shift() as ServerResponse
  }
  return { port, next }
}

/** A server, and a client that sends several requests before it receives a response. */
async function pipeline(t: Test, requests: number) {
  const { port, next } = await responsesOf(t, createServer())
  const client: Socket = connect(port, '127.0.0.1')
  t.after(() => client.destroy())
  client.on('error', () => {}).resume()
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(requests))
  const responses: ServerResponse[] = []
  while (responses.length < requests) responses.push(await next())
  return { client, responses }
}

/** Counts how often each response is reported as closed. */
function count(responses: readonly ServerResponse[]): number[] {
  const counts = responses.map(() => 0)
  for (const [at, response] of responses.entries()) onceClosed(response, () => void counts[at]!++)
  return counts
}

/** Resolves when what the end of a connection begins is done. */
async function ended(client: Socket, { req }: { req: IncomingMessage }): Promise<void> {
  const closed = soonClosed(req.socket)
  client.destroy()
  await closed
  await new Promise(setImmediate)
}

t.test('each response is reported once when it is written, also one that waited behind another', async (t) => {
  const { client, responses } = await pipeline(t, 3)
  const [first, second, third] = responses as [ServerResponse, ServerResponse, ServerResponse]
  const counts = count(responses)
  first.end()
  await soonOnce(first, 'close')
  t.strictSame(counts, [1, 0, 0])
  second.end()
  await soonOnce(second, 'close')
  t.strictSame(counts, [1, 1, 0])
  await ended(client, third)
  t.strictSame(counts, [1, 1, 1])
})

t.test('all responses are reported once at the end of their connection', async (t) => {
  const { client, responses } = await pipeline(t, 15)
  const counts = count(responses)
  await ended(client, responses[0]!)
  t.strictSame(
    counts,
    responses.map(() => 1)
  )
})

t.test('a response of a client that has left is reported at once', async (t) => {
  const { client, responses } = await pipeline(t, 2)
  await ended(client, responses[0]!)
  t.strictSame(count(responses), [1, 1])
})

t.test('over HTTP/2, each response is reported at the end of its stream', async (t) => {
  const { port, next } = await responsesOf(t, createHttp2Server())
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const [left, leaving] = [session.request(), session.request()]
  const responses = [await next(), await next()]
  const [first, second] = responses as [ServerResponse, ServerResponse]
  const gone = soonOnce(first, 'close')
  left.on('error', () => {}).close(8)
  await gone
  const counts = count(responses)
  t.strictSame(counts, [1, 0])
  const closed = soonOnce(second, 'close')
  leaving.on('error', () => {}).close(8)
  await closed
  t.strictSame(counts, [1, 1])
})
