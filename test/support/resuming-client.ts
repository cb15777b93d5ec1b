import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { stream, type TestStream } from './event-stream.ts'
import { poll } from './long-poll.ts'
import { client, type Received } from './sockets.ts'

/** How clients receive events: Socket.IO, Server-Sent Events and long polling. */
export const DOORS = ['socket', 'stream', 'poll'] as const

/** What a client asks for. */
export interface Wanted {
  door: (typeof DOORS)[number]
  /** `/<instance>`, or empty for all. */
  namespace: string
  apikey: string
  /** The events after it. */
  offset: number
  events?: readonly string[] | undefined
  instances?: readonly string[] | undefined
  filter?: object | undefined
  /** Of Socket.IO. @default WebSocket only */
  transports?: string[]
}

/** Milliseconds until a client comes back. */
const RETURN_MS = 20
/** Seconds that a request waits: few, so that many waits end without an event. */
const WAIT_S = 1

/**
 * Connects a client that comes back after its last offset whenever its connection is lost, until the test ends.
 * @returns what it receives, to which each page of long polling adds a `resumed`, and each final refusal a `refused`
 */
export function resumingClient(t: Test, url: string, wanted: Wanted): Received[] {
  if (wanted.door === 'socket') return resumingSocket(t, url, wanted)
  const received: TestStream['received'] = []
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const connect = wanted.door === 'stream' ? streaming(t, url, wanted, received) : polling(url, wanted, received)
  void comeBack(connect, leaving.signal)
  return received
}

function resumingSocket(t: Test, url: string, { namespace, offset, door: _, transports, ...auth }: Wanted): Received[] {
  let last: unknown = offset
  const { socket, received } = client(t, `${url}${namespace}`, {
    ...(transports && { transports }),
    reconnectionDelay: RETURN_MS,
    reconnectionDelayMax: 10 * RETURN_MS,
    auth: (send) => send({ ...auth, offset: last })
  })
  socket.onAny((_event, message: Record<string, unknown>) => (last = message.offset ?? message.to))
  return received
}

/** Makes one request; it resolves when its response has ended. */
type Connect = (signal: AbortSignal) => Promise<void>

async function comeBack(connect: Connect, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await connect(signal)
    } catch {
      // The connection was lost, or there is no server at the moment.
      await pause(RETURN_MS)
    }
  }
}

/** As browsers do, it only sends the id of the last event. */
function streaming(t: Test, url: string, wanted: Wanted, received: TestStream['received']): Connect {
  const path = `${url}/events${wanted.namespace}/stream?${new URLSearchParams(queryOf(wanted))}`
  return async () => {
    const last = received.at(-1)?.id ?? String(wanted.offset)
    const { response } = await stream(t, path, { apikey: wanted.apikey, 'last-event-id': last }, received)
    check(response.statusCode, received)
    if (!response.closed) await once(response, 'close')
  }
}

function polling(url: string, wanted: Wanted, received: Received[]): Connect {
  let position: Record<string, string> = { after: String(wanted.offset) }
  return async (signal) => {
    const query = new URLSearchParams({ ...queryOf(wanted), ...position, wait: String(WAIT_S) })
    const page = await poll(`${url}/events${wanted.namespace}?${query}`, { apikey: wanted.apikey, signal })
    check(page.status, received)
    const { events, after, log, complete } = page
    position = { after: String(after), log }
    for (const message of events) received.push({ event: String(message.event), message })
    received.push({ event: 'resumed', message: { complete, to: after } })
  }
}

/** Notes a refusal that is not of a server that is overloaded or closes. @throws {Error} the request is refused */
function check(status: number | undefined, received: Received[]): void {
  if (status === 200) return
  if (status !== 429 && status !== 503) received.push({ event: 'refused', message: { status } })
  throw new Error(`The server answers ${status}`)
}

function queryOf({ events = [], instances = [], filter }: Wanted): Record<string, string> {
  return {
    ...(events.length > 0 && { events: events.join() }),
    ...(instances.length > 0 && { instances: instances.map(encodeURIComponent).join() }),
    ...(filter && { filter: JSON.stringify(filter) })
  }
}
