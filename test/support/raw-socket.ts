import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { soon, soonOnce } from './until.ts'

/** A WebSocket without a client of Socket.IO, which can stop reading and send invalid packets. */
export interface RawSocket {
  ws: WebSocket
  /** The received packets of Engine.IO, in order. */
  packets: string[]
  /** Resolves with the first packet that matches, received before or later. */
  packet(fits: RegExp): Promise<string>
  /** Resolves at the end of the connection, with the close code and reason. */
  closed: Promise<{ code: number; reason: string }>
}

/** Opens a connection without a namespace; ended after the test. */
export async function rawSocket(t: Test, url: string, headers: Record<string, string> = {}): Promise<RawSocket> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers })
  t.after(() => ws.terminate())
  const packets: string[] = []
  let wake = () => {}
  ws.on('message', (message: Buffer) => {
    const packet = message.toString()
    if (packet === '2') ws.send('3')
    else packets.push(packet)
    wake()
  })
  const closed = once(ws, 'close').then(([code, reason]: unknown[]) => ({ code: Number(code), reason: String(reason) }))
  closed.catch(() => {})
  await soonOnce(ws, 'open')
  const packet = async (fits: RegExp) => {
    for (let at = 0; ; at++) {
      while (at === packets.length) await soon(new Promise<void>((resolve) => (wake = resolve)), String(fits))
      const candidate = packets[at] ?? ''
      if (fits.test(candidate)) return candidate
    }
  }
  await packet(/^0/)
  return {
    ws,
    packets,
    packet,
    get closed() {
      return soon(closed, 'the end of a connection')
    }
  }
}

/** Opens a connection and connects to a namespace. */
export async function rawListener(t: Test, url: string, namespace: string, auth: object): Promise<RawSocket> {
  const raw = await rawSocket(t, url)
  raw.ws.send(`40${namespace},${JSON.stringify(auth)}`)
  await raw.packet(/^40/)
  return raw
}

/** Returns the `data` of the received events. */
export function rawData({ packets }: RawSocket): unknown[] {
  return packets
    .filter((packet) => packet.startsWith('42'))
    .map((packet) => (JSON.parse(packet.slice(packet.indexOf('['))) as [string, { data: unknown }])[1].data)
}

/** Returns the server's ends of the connections in a namespace, which Engine.IO does not expose. */
export function serverEnds(
  io: {
    of(name: string): { sockets: Map<string, { conn: { transport: object } }> }
  },
  namespace: string
): Socket[] {
  return [...io.of(namespace).sockets.values()].map(
    // oxlint-disable-next-line no-underscore-dangle
    ({ conn }) => (conn.transport as { socket: { _socket: Socket } }).socket._socket
  )
}
