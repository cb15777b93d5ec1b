import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type { Test } from 'tap'
import { soon } from './until.ts'

export interface Received {
  event: string
  message: Record<string, unknown>
}

export interface TestSocket {
  socket: Socket
  /** Everything that came, in order. */
  received: Received[]
  /** Resolves with what came when there are `count` of them. */
  until(count: number): Promise<Received[]>
}

type Options = Partial<ManagerOptions & SocketOptions>

/** A Socket.IO client of its own connection; disconnected after the test. */
export function client(t: Test, url: string, options: Options = {}): TestSocket {
  const socket = io(url, { transports: ['websocket'], forceNew: true, ...options })
  t.after(() => void socket.disconnect())
  const received: Received[] = []
  let wake = () => {}
  socket.onAny((event: string, message: Record<string, unknown>) => {
    received.push({ event, message })
    wake()
  })
  return {
    socket,
    received,
    until: (count) => {
      const come = new Promise<Received[]>((resolve) => {
        wake = () => {
          if (received.length >= count) resolve(received)
        }
        wake()
      })
      return soon(come, `${count} messages`)
    }
  }
}

/** The arguments of the socket's next event of this name. */
export function next(socket: Socket, event: string): Promise<unknown[]> {
  return soon(new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args))), event)
}

/** The same, connected. */
export async function connect(t: Test, url: string, apikey: string, options: Options = {}): Promise<TestSocket> {
  const made = client(t, url, { auth: { apikey }, ...options })
  const refusal = next(made.socket, 'connect_error').then(([error]) => Promise.reject(error as Error))
  await Promise.race([next(made.socket, 'connect'), refusal])
  return made
}

export interface Refusal {
  code: string
  message: string
  retryAfterMs?: number
}

/** Connects where it should be refused. @returns the refusal's `data` */
export async function refusal(t: Test, url: string, options: Options = {}): Promise<Refusal> {
  const { socket } = client(t, url, { reconnection: false, ...options })
  const connected = next(socket, 'connect').then(() => Promise.reject(new Error('it was admitted')))
  const [error] = (await Promise.race([next(socket, 'connect_error'), connected])) as [Error & { data?: unknown }]
  socket.disconnect()
  return error.data as Refusal
}
