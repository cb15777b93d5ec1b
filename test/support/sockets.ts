import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type { Test } from 'tap'
import { soon } from './until.ts'

export interface Received {
  event: string
  message: Record<string, unknown>
}

export interface TestSocket {
  socket: Socket
  /** All received messages, in order. */
  received: Received[]
  /** Resolves with all received messages when there are `count`. */
  until(count: number): Promise<Received[]>
}

type Options = Partial<ManagerOptions & SocketOptions>

/** A Socket.IO client with a connection of its own; disconnected after the test. */
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

/** Resolves with the arguments of the socket's next event of this name. */
export function next(socket: Socket, event: string): Promise<unknown[]> {
  return soon(new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args))), event)
}

/** A connected Socket.IO client; disconnected after the test. @throws {Error} it is refused */
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

/** Connects, which must be refused. @returns the `data` of the refusal */
export async function refusal(t: Test, url: string, options: Options = {}): Promise<Refusal> {
  const { socket } = client(t, url, { reconnection: false, ...options })
  const connected = next(socket, 'connect').then(() => Promise.reject(new Error('it was admitted')))
  const [error] = (await Promise.race([next(socket, 'connect_error'), connected])) as [Error & { data?: unknown }]
  socket.disconnect()
  return error.data as Refusal
}
