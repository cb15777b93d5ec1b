import { io } from 'socket.io-client'
import type { Test } from 'tap'
import type { Resumed } from '../../lib/websocket/resumed.ts'
import { API_KEY } from './build.ts'

export interface ReturningClient {
  /** Ids of the events that it has, by their offsets. */
  readonly events: Map<number, string>
  /** What was against the rules. */
  readonly wrong: string[]
  /** How often it was told that events are missing. */
  told: () => number
  /** The last offset that it has; `undefined` while it is away. */
  offset: () => number | undefined
  /** Loses its connection. */
  drop: () => void
}

/**
 * Connects a client of Socket.IO that keeps the offset and the log of what it has, comes back with them after each lost
 * connection, and drops what the server says is void. It is disconnected after the test.
 */
export function returningClient(t: Test, url: string): ReturningClient {
  const events = new Map<number, string>()
  const wrong: string[] = []
  let [last, log] = [0, undefined as string | undefined]
  let told = 0
  let isSetBack = false
  let hasResumed = false
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 30,
    auth: (send) => send({ apikey: API_KEY, offset: last, log })
  })
  t.after(() => void socket.disconnect())
  socket.on('disconnect', () => (hasResumed = false))

  /** The events above an offset are void. */
  const keep = (offset: number, of: string) => {
    if (offset < last) isSetBack = true
    for (const key of events.keys()) if (key > offset) events.delete(key)
    last = offset
    log = of
  }
  socket.onAny((name: string, message: Resumed & { offset: number; id: string }) => {
    if (name === 'resuming') keep(message.offset, message.log)
    else if (name === 'resumed') {
      keep(message.to, message.log)
      if (isSetBack && message.complete)
        wrong.push(`was set back and not told that events are missing at ${message.to}`)
      if (!message.complete) told++
      isSetBack = false
      hasResumed = true
    } else {
      if (message.offset <= last) wrong.push(`got ${message.offset} after ${last}`)
      last = message.offset
      events.set(last, message.id)
    }
  })
  return {
    events,
    wrong,
    told: () => told,
    offset: () => (hasResumed ? last : undefined),
    drop: () => void (socket.connected && socket.io.engine.close())
  }
}
