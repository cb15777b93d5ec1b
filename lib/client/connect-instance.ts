import { io } from 'socket.io-client'
import type { InstanceEventMap } from '../schemas/events/index.ts'
import type { ConnectInstanceOptions, ConnectionError, InstanceConnection, InstanceMessage, Resumed } from './types.ts'

export type { InstanceEventMap }
export type {
  ConnectInstanceOptions,
  ConnectionError,
  InstanceConnection,
  InstanceMessage,
  MessageEnvelope,
  OtherEventName,
  Resumed
} from './types.ts'

/** More messages than this do not wait for a handler; the server keeps them. */
const MAX_WAITING = 1_000

/** Pause after a refusal that passes, if the server does not say how long. */
const RETRY_MS = 1_000

/** What a message asks for. Once it is done, everything up to `offset` is. */
interface Step {
  run: () => void | Promise<void>
  offset: number
}

/**
 * Listens to an instance and stays with it: after an interruption it continues where it was, without gap or repeat.
 * @throws {TypeError} for an `offset` that is none, or without `onEvent`
 * @param url `wss://host/<instance>`, percent-encoded, or `wss://host` in global mode
 */
export function connectInstance<Events extends object = InstanceEventMap>(
  url: string,
  {
    apikey,
    events,
    instances,
    offset = 'latest',
    log: given,
    onEvent,
    onResumed,
    onDisconnected,
    onError,
    ...passed
  }: ConnectInstanceOptions<Events>
): InstanceConnection {
  if (offset !== 'latest' && !(Number.isSafeInteger(offset) && offset >= 0))
    throw new TypeError(`offset: takes a whole number from 0, or 'latest' (got ${String(offset)})`)
  if (typeof onEvent !== 'function') throw new TypeError('onEvent: takes a function')
  const waiting: Step[] = []
  let running = false
  let onceDone: (() => void) | undefined
  let handled = offset === 'latest' ? undefined : offset
  let received = offset
  let log = given
  let lastOfConnection = -Infinity
  let expelled = false
  let retry: ReturnType<typeof setTimeout> | undefined

  const socket = io(url, {
    ...passed,
    // A connection of its own: other namespaces neither share its options nor suffer when its handler is slow.
    forceNew: true,
    autoConnect: false,
    // Called at each attempt. What waits here is not asked for again; what came after the end of the connection is,
    // and Socket.IO would still deliver it.
    auth: (send) => {
      lastOfConnection = -Infinity
      socket.receiveBuffer = []
      send({ apikey, offset: received, log, events, instances })
    }
  })

  socket.onAny((name: string, message: Resumed & InstanceMessage<Events>) => {
    expelled = false
    if (name === 'resumed' || name === 'resuming') log = message.log
    if (name === 'resumed') take({ run: () => onResumed?.(message), offset: message.to })
    // The log was begun anew: what was received of the old one is no place in it.
    else if (name === 'resuming') take({ run: () => {}, offset: message.offset })
    // Whatever else the server's host sends has no place in the log. The first event of a connection is no repeat, however
    // low its offset: then the log was begun anew.
    else if (Number.isSafeInteger(message?.offset) && message.offset > lastOfConnection)
      take({ run: () => onEvent(message), offset: message.offset })
  })

  socket.on('connect_error', (error: Error & { data?: { code?: string; message?: string; retryAfterMs?: number } }) => {
    // The server was not reached: Socket.IO tries again by itself.
    if (socket.active) return
    const { code = 'IEV_CLIENT_REFUSED', message = error.message, retryAfterMs = RETRY_MS } = error.data ?? {}
    if (code === 'IEV_WS_RATE_LIMITED' || code === 'IEV_WS_TOO_MANY_SOCKETS')
      retry = setTimeout(() => socket.connect(), retryAfterMs)
    else whenDone(() => fail(code, message))
  })

  socket.on('disconnect', (reason) => {
    // Its own doing: closed, or held back for a slow handler.
    if (reason !== 'io client disconnect') onDisconnected?.(reason)
    if (reason !== 'io server disconnect') return
    if (expelled) {
      whenDone(() => fail('IEV_CLIENT_EXPELLED', 'The server admits this connection and disconnects it at once'))
      return
    }
    // Asked once more, the server says why, or admits it again.
    expelled = true
    socket.connect()
  })

  function take(step: Step): void {
    received = lastOfConnection = step.offset
    waiting.push(step)
    if (!running) void work()
    if (waiting.length <= MAX_WAITING) return
    socket.disconnect()
    whenDone(() => socket.connect())
  }

  async function work(): Promise<void> {
    running = true
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      try {
        const handling = step.run()
        // Synchronous handlers are not awaited: a reply of long polling brings thousands of events in one turn.
        if (handling) await handling
        handled = step.offset
      } catch (cause) {
        fail('IEV_CLIENT_HANDLER_FAILED', 'A handler failed, and gets no more events', { cause })
      }
    }
    running = false
    onceDone?.()
    onceDone = undefined
  }

  /** What was received is handled before the connection goes on, or is given up. */
  function whenDone(next: () => void): void {
    if (running) onceDone = next
    else next()
  }

  function fail(code: string, message: string, options?: ErrorOptions): void {
    close()
    const error: ConnectionError = Object.assign(new Error(message, options), { code })
    if (onError) onError(error)
    else {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  function close(): void {
    waiting.length = 0
    onceDone = undefined
    clearTimeout(retry)
    socket.disconnect()
  }

  socket.connect()
  return {
    get offset() {
      return handled
    },
    get log() {
      return log
    },
    get connected() {
      return socket.connected
    },
    close
  }
}
