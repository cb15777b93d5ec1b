import { API_KEY } from './fan-out-server.ts'
import { RawSocket } from './raw-socket.ts'
import { RawStream } from './raw-stream.ts'
import type { Tally } from './tally.ts'

export type Protocol = 'socket.io' | 'ws' | 'event-stream'

/** A connection that listens. */
export interface Listening {
  close(): void
}

export interface ListenerOptions {
  port: number
  namespace: string
  protocol: Protocol
  /** Which events it receives; all of them if absent. Socket.IO only. */
  filter?: object | undefined
  tally: Tally
  onEvent: () => void
  onError: (error: Error) => void
}

/** Packet types. https://github.com/socketio/engine.io-protocol https://github.com/socketio/socket.io-protocol */
const OPEN = 0x30
const PING = 0x32
const MESSAGE = 0x34
const CONNECT = 0x30
const EVENT = 0x32

/** Connects to a namespace and counts its events. Resolves when the server has accepted the connection. */
export function listen(options: ListenerOptions): Promise<Listening> {
  const { port, namespace, protocol, filter, onError } = options
  const auth = JSON.stringify({ apikey: API_KEY, filter })
  return new Promise((resolve, reject) => {
    let admitted = protocol === 'ws'
    if (protocol === 'event-stream') {
      const path = `/events/${namespace}/stream?apikey=${API_KEY}`
      const onBegin = () => {
        admitted = true
        resolve(stream)
      }
      const stream = new RawStream({ port, path, onBegin, onData: count, onError: failed })
      return
    }
    const path = admitted ? `/${namespace}` : '/socket.io/?EIO=4&transport=websocket'
    const socket = new RawSocket({
      port,
      path,
      onUpgrade: () => {
        if (admitted) resolve(socket)
      },
      onText: (buffer, start, end) => {
        if (protocol === 'ws' || (buffer[start] === MESSAGE && buffer[start + 1] === EVENT)) count(buffer, start, end)
        else if (buffer[start] === OPEN) socket.send(`40/${namespace},${auth}`)
        else if (buffer[start] === PING) socket.send('3')
        else if (buffer[start] === MESSAGE && buffer[start + 1] === CONNECT) {
          admitted = true
          resolve(socket)
        } else failed(new Error(buffer.toString('utf8', start, end)))
      },
      onError: failed
    })

    function count(buffer: Buffer, start: number, end: number): void {
      try {
        options.tally.add(buffer, start, end)
        options.onEvent()
      } catch (error) {
        failed(error as Error)
      }
    }

    function failed(error: Error): void {
      if (admitted) onError(error)
      else reject(error)
    }
  })
}
