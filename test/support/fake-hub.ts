import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import type { Test } from 'tap'
import type { InstanceMessage, OtherEventName } from '../../lib/client/connect-instance.ts'
import { Watch } from './watch.ts'

export const KEY = 'key-of-sales'

/** `data` of a refusal. */
export type Refusal = { code: string; message: string; retryAfterMs?: number } | undefined

/** A server for one instance with resume by offset, in memory, controlled by a test. */
export class FakeHub extends Watch {
  readonly io: Server
  readonly server: HttpServer
  readonly url: string
  log: InstanceMessage[] = []
  /** `auth` of every attempt, accepted or refused. */
  readonly attempts: Record<string, unknown>[] = []
  /** The sockets that are connected now. */
  readonly sockets = new Set<Socket>()
  /** Decides on each attempt; replace it at any time. */
  refuse: (attempt: number, socket: Socket) => Refusal = () => undefined
  /** Called for each new socket before it is live; replace it at any time. */
  greet: (socket: Socket) => void = (socket) => this.#resume(socket)

  constructor(io: Server, server: HttpServer) {
    super()
    this.io = io
    this.server = server
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/sales`
    io.of('/sales').use((socket, next) => {
      const data = this.refuse(this.attempts.push(socket.handshake.auth), socket)
      next(data && Object.assign(new Error(data.message), { data }))
      this.changed()
    })
    io.of('/sales').on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('disconnect', () => {
        this.sockets.delete(socket)
        this.changed()
      })
      this.greet(socket)
      this.changed()
    })
  }

  /** Logs `count` events, and sends them to connected sockets. */
  emit(count: number, event = 'messages.upsert'): void {
    for (let index = 0; index < count; index++) {
      const message = newMessage(this.log.length + 1, event)
      this.log.push(message)
      for (const socket of this.sockets) if (wants(socket, message)) socket.emit(event, message)
    }
  }

  /** Closes every connection without a close packet, as a network failure does. */
  drop(): void {
    for (const socket of this.sockets) socket.conn.close()
  }

  #resume(socket: Socket): void {
    const asked: unknown = socket.handshake.auth.offset
    const offset = asked === 'latest' ? asked : Number(asked)
    const to = this.log.length
    const complete = offset === 'latest' || offset <= to
    const from = offset === 'latest' ? to : complete ? offset : 0
    const missed = this.log.slice(from).filter((message) => wants(socket, message))
    for (const message of missed) socket.emit(message.event, message)
    socket.emit('resumed', { from, to, count: missed.length, complete })
  }
}

/** A hub on a free port, or the one given; closed after the test. */
export async function startFakeHub(t: Test, { port = 0 } = {}): Promise<FakeHub> {
  const server = createServer()
  const io = new Server(server, { cors: { origin: '*' }, serveClient: false })
  t.after(() => io.close())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return new FakeHub(io, server)
}

/** A message whose data is arbitrary. */
export function newMessage(offset: number, event = 'messages.upsert'): InstanceMessage {
  return {
    event: event as OtherEventName,
    instance: 'sales',
    data: { text: `number ${offset}` },
    server_url: 'http://hub.example',
    date_time: '2026-11-21T20:58:39.191Z',
    sender: null,
    id: `event-${offset}`,
    offset
  }
}

function wants(socket: Socket, { event }: InstanceMessage): boolean {
  const { events } = socket.handshake.auth
  return events === undefined || events.includes(event)
}
