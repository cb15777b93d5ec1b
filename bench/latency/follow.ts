import { RawSocket } from '../websocket/raw-socket.ts'
import { API_KEY } from './live-server.ts'

export interface FollowOptions {
  port: number
  /** Without its slash; empty: `/`. */
  namespace: string
  /** Replay what came after it. */
  offset?: number | 'latest'
  /** Members of `auth` besides key and offset. */
  auth?: object
  /** A packet of an event: `42/namespace,["name",{…}]`. */
  onEvent: (text: string) => void
  onError: (error: Error) => void
}

/** Packet types. https://github.com/socketio/engine.io-protocol https://github.com/socketio/socket.io-protocol */
const OPEN = '0'
const PING = '2'
const CONNECTED = '40'
const EVENT = '42'

/** Connects a socket that receives all events of a namespace. Resolves when the server has accepted it. */
export function follow({ port, namespace, offset, auth: more, onEvent, onError }: FollowOptions): Promise<RawSocket> {
  return new Promise((resolve, reject) => {
    let admitted = false
    const auth = JSON.stringify({ apikey: API_KEY, offset, ...more })
    const failed = (error: Error) => (admitted ? onError(error) : reject(error))
    const socket = new RawSocket({
      port,
      path: '/socket.io/?EIO=4&transport=websocket',
      onUpgrade: () => {},
      onText(buffer, start, end) {
        const text = buffer.toString('utf8', start, end)
        if (text.startsWith(EVENT)) onEvent(text)
        else if (text.startsWith(CONNECTED)) {
          admitted = true
          resolve(socket)
        } else if (text.startsWith(OPEN)) socket.send(namespace === '' ? `40${auth}` : `40/${namespace},${auth}`)
        else if (text === PING) socket.send('3')
        else failed(new Error(text))
      },
      onError: failed
    })
  })
}
