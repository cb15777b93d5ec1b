import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { Admitted } from '../../lib/websocket/admission.ts'
import { BufferBudget } from '../../lib/websocket/buffer-budget.ts'
import { Connections } from '../../lib/websocket/connections.ts'
import type { HttpClient } from '../../lib/websocket/response-writer.ts'
import type { StreamWriter } from '../../lib/websocket/stream-writer.ts'
import { Streams, type StreamsOptions } from '../../lib/websocket/streams.ts'
import { soonOnce } from '../support/until.ts'

/** A server whose every response is a stream without events. */
async function start(t: Test) {
  const writers: StreamWriter[] = []
  const hub = {
    addResponse: (_response: ServerResponse, { namespace, makeWriter }: HttpClient<StreamWriter>) => {
      const leave = () => ({ offset: 0, log: '', complete: true, isLive: true })
      const writer = makeWriter({ namespace, budget: new BufferBudget(1_000), waits: () => {}, leave })
      writers.push(writer)
      return writer
    }
  }
  const peerAddress = () => '192.0.2.1'
  const connections = new Connections({ peerAddress, maxPerAddress: 1, refused: () => {} })
  // Nothing is decided here, and nothing sent.
  const options = { hub, connections, peerAddress, heartbeatMs: 5 } as unknown as StreamsOptions
  const streams = new Streams(options)
  const admitted = {} as Admitted
  const server = createServer((_request, response) =>
    streams.serve(response, { namespace: '/sales', admitted, headers: {} })
  ).listen(0)
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const open = async () => {
    const request = get({ port })
    t.after(() => request.destroy())
    const [response] = (await soonOnce(request, 'response')) as [IncomingMessage]
    return response.on('error', () => {})
  }
  return { streams, writers, connections, open }
}

t.test('a silent stream shows that it lives, until it is ended', async (t) => {
  const { streams, writers, connections, open } = await start(t)
  const response = await open()
  t.equal(String((await soonOnce(response, 'data'))[0]), ':\n\n')
  t.equal(connections.isFull('192.0.2.1'), true)
  const ended = soonOnce(response.resume(), 'end')
  streams.end()
  streams.end()
  await ended
  t.match(writers, [{ isCut: true, waits: false }])
  t.equal(connections.isFull('192.0.2.1'), false)
  for (const writer of writers) writer.beat()
  t.equal(writers[0]?.idleMs(7), 7, 'it has no connection any more')
})

t.test('streams live on for as long as one is open', async (t) => {
  const { writers, open } = await start(t)
  const [first, second] = [await open(), await open()]
  const closed = soonOnce(first, 'close')
  first.destroy()
  await closed
  t.equal(String((await soonOnce(second, 'data'))[0]), ':\n\n')
  t.match(writers[0], { buffered: 0, waits: false })
  writers[1]?.end()
  await soonOnce(second.resume(), 'close').catch(() => {})
})
