import { io } from 'socket.io-client'
import type { Test } from 'tap'
import { readClientLog } from '../../lib/websocket/client-log.ts'
import type { Resumed } from '../../lib/websocket/resumed.ts'
import { API_KEY } from './build.ts'

/** What a client had, when the server told it that this is not what the log has. */
export interface SetBack {
  /** The log of its offset; `undefined`: it knew none yet. */
  readonly log: string | undefined
  /** Its offset before, and the one that it was given. */
  readonly before: number
  readonly after: number
  /** Id of the first event that it dropped, if it had one. */
  readonly dropped: string | undefined
  /** Whether it got that event again: then the log had never lost it. */
  isRepeated: boolean
}

/** What a client has lost when it is told that events are missing. */
export interface Loss {
  /** Since it was told last. */
  readonly setBacks: SetBack[]
}

export interface ReturningClient {
  /** Ids of the events that it has, by their offsets. */
  readonly events: Map<number, string>
  /** What was against the rules. */
  readonly wrong: string[]
  /** Each time that it was told that events are missing. */
  readonly losses: Loss[]
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
  const losses: Loss[] = []
  let loss: Loss = { setBacks: [] }
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
    // The next epoch may be named while the client is yet to be told of the loss.
    const isOwed = log !== undefined && !readClientLog(log).complete
    if (!readClientLog(of).complete && (offset < last || !isOwed))
      loss.setBacks.push({
        log: log && readClientLog(log).id,
        before: last,
        after: offset,
        dropped: events.get(offset + 1),
        isRepeated: false
      })
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
      if (!message.complete) losses.push(loss)
      loss = { setBacks: [] }
      isSetBack = false
      hasResumed = true
    } else {
      if (message.offset <= last) wrong.push(`got ${message.offset} after ${last}`)
      last = message.offset
      events.set(last, message.id)
      const setBack = loss.setBacks.at(-1)
      if (setBack?.after === last - 1 && setBack.dropped === message.id) setBack.isRepeated = true
    }
  })
  return {
    events,
    wrong,
    losses,
    offset: () => (hasResumed ? last : undefined),
    drop: () => void (socket.connected && socket.io.engine.close())
  }
}
