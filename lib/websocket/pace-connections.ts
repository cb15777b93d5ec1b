import type { Duplex } from 'node:stream'
import type { Server, Socket } from 'socket.io'
import { PacedWork } from './paced-work.ts'

type Connection = Socket['conn']

/** A request of a connection that is open. */
const OF_CONNECTION = /[?&]sid=[^&]/
/** Socket.IO's packet that asks for a namespace. https://github.com/socketio/socket.io-protocol */
const CONNECT = '0'
/** Bytes of packets that may wait for one connection, and what a packet takes besides its text. */
const MAX_WAITING_BYTES = 1_000_000
const PACKET_BYTES = 100

/**
 * Opens the connections of clients that connect at once in the order of their requests, a few in each turn of the event loop,
 * and connects them to namespaces in the same way. Connections that are closed while they wait are dropped.
 */
export function paceConnections(engine: Server['engine']): void {
  const handshakes = new PacedWork()
  const connects = new PacedWork()
  const handleRequest = engine.handleRequest.bind(engine)
  const handleUpgrade = engine.handleUpgrade.bind(engine)
  const open = (socket: Duplex, handshake: () => void) => {
    // Of an upgrade, nobody else listens for errors meanwhile.
    socket.on('error', ignore)
    handshakes.run(() => {
      socket.off('error', ignore)
      if (socket.readable) handshake()
      else socket.destroy()
    })
  }
  engine.handleRequest = (request, response) => {
    if (OF_CONNECTION.test(String(request.url))) handleRequest(request, response)
    else open(request.socket, () => handleRequest(request, response))
  }
  engine.handleUpgrade = (request, socket, head) => open(socket, () => handleUpgrade(request, socket, head))
  engine.on('connection', (connection: Connection) => paceConnects(connection, connects))
}

/** Lets packets that ask for a namespace wait for their turn, and those that follow wait with them. */
function paceConnects(connection: Connection, connects: PacedWork): void {
  // The listener of Socket.IO, which has added it for the same event.
  const [receive] = connection.listeners('data') as [(packet: string | Buffer) => void]
  const waiting: (string | Buffer)[] = []
  let bytes = 0

  function receiveNext(): void {
    // It runs once for each packet that waits.
    const packet = waiting.shift() as string | Buffer
    bytes -= packet.length + PACKET_BYTES
    if (connection.readyState !== 'open') return
    receive(packet)
    if (waiting.length > 0) connects.run(receiveNext)
  }

  function receiveInTurn(packet: string | Buffer): void {
    if (waiting.length === 0 && packet[0] !== CONNECT) {
      receive(packet)
      return
    }
    bytes += packet.length + PACKET_BYTES
    if (bytes > MAX_WAITING_BYTES) connection.close()
    else if (waiting.push(packet) === 1) connects.run(receiveNext)
  }

  connection.off('data', receive)
  // Socket.IO finds it by this member when it removes its own.
  connection.on('data', Object.assign(receiveInTurn, { listener: receive }))
}

function ignore(): void {}
