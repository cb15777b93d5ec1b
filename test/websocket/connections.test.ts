import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Connections } from '../../lib/websocket/connections.ts'
import { numbers } from '../support/resuming.ts'

t.test('connections that are opened at once are decided on in their order, few in a turn', async (t) => {
  const connections = new Connections({ peerAddress: () => '192.0.2.1', maxPerAddress: 100, refused: () => {} })
  const opened: number[] = []
  const sockets = numbers(20).map((n) => {
    const socket = new EventEmitter()
    connections.allowRequest({ socket } as IncomingMessage, (refusal, allowed) => {
      t.strictSame([refusal, allowed], [null, true])
      opened.push(n)
    })
    return socket
  })
  t.ok(opened.length > 0 && opened.length < 10, 'the first at once')
  t.ok(sockets.at(-1)?.emit('error', new Error('reset')), 'a connection that breaks meanwhile is no fault')
  for (let turns = 1; opened.length < 20; turns++) {
    const before = opened.length
    await setImmediate()
    t.ok(opened.length - before < 10 && turns < 20)
  }
  t.strictSame(opened, numbers(20))
  t.ok(sockets.every((socket) => socket.listenerCount('error') === 0))
  await setImmediate()
})
