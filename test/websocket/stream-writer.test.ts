import type { ServerResponse } from 'node:http'
import t from 'tap'
import { WS_TOO_SLOW } from '../../lib/errors.ts'
import { BufferBudget } from '../../lib/websocket/buffer-budget.ts'
import { Payload } from '../../lib/websocket/payload.ts'
import { StreamWriter } from '../../lib/websocket/stream-writer.ts'

/** A writer whose client reads nothing. */
function start() {
  const written: string[] = []
  const calls = { waits: 0, left: 0 }
  let closed = () => {}
  const response = {
    destroyed: false,
    writableLength: 0,
    socket: null,
    write(chunk: Buffer | string) {
      written.push(String(chunk))
      response.writableLength += chunk.length
    },
    end: (last: string) => void written.push(last),
    once: (_close: string, listener: () => void) => void (closed = listener),
    destroy() {
      response.destroyed = true
      closed()
    }
  }
  // No more of a response is used.
  const writer = new StreamWriter(response as unknown as ServerResponse, {
    namespace: '/sales',
    budget: new BufferBudget(10_000),
    waits: () => calls.waits++,
    leave: () => {
      calls.left++
      return { offset: 0, log: '', complete: true, isLive: true }
    }
  })
  return { writer, response, written, calls }
}

const event = (text: string) =>
  new Payload([text], {
    owner: 1,
    join: (packets) => Buffer.from(packets.map((packet) => `data: ${packet}\n\n`).join(''))
  })

t.test('nothing is written after the reason for which a stream is closed', async (t) => {
  const { writer, response, written, calls } = start()
  writer.send(event('{"n":1}'))
  t.equal(calls.waits, 1)
  writer.cutOff(WS_TOO_SLOW)
  t.equal(calls.left, 1, 'no more events are counted for it')
  t.teardown(() => writer.end())
  writer.send(event('{"n":2}'))
  writer.beat()
  writer.disconnect()
  t.strictSame(written, ['data: {"n":1}\n\n', 'event: closing\ndata: {"code":"IEV_WS_TOO_SLOW"}\n\n'])
  t.equal(writer.settle(), true)
  response.writableLength = 0
  t.equal(writer.settle(), false, 'the client has read all')
})

t.test('a heartbeat is written only while no other bytes wait', async (t) => {
  const { writer, response, written } = start()
  writer.beat()
  response.writableLength = 0
  writer.send(event('{}'))
  writer.beat()
  t.strictSame(written, [':\n\n', 'data: {}\n\n'])
})
