import { io } from 'socket.io-client'
import type { InstanceEventMap } from '../schemas/events/index.ts'
import type { ConnectInstanceOptions, ConnectionError, InstanceConnection, InstanceMessage } from './types.ts'
import type { Notice } from '../websocket/notice.ts'
import type { Resumed } from '../websocket/resumed.ts'

export type { InstanceEventMap }
export type {
  ConnectInstanceOptions,
  ConnectionError,
  InstanceConnection,
  InstanceMessage,
  MessageEnvelope,
  OtherEventName
} from './types.ts'
export type { Resumed }

/** Messages that wait for a slow handler, at most. Beyond, the socket disconnects, and resumes once they are handled. */
const MAX_WAITING = 1_000

/** Pause after a temporary refusal, if the server does not state one. */
const RETRY_MS = 1_000
const TEMPORARY = new Set(['IEV_WS_RATE_LIMITED', 'IEV_WS_TOO_MANY_SOCKETS'])

/** The handling of one message. Once it is done, everything up to `offset` is handled. */
interface Step {
  run: () => void | Promise<void>
  offset: number
  /** The log from here on, which comes with an offset up to which all events are handled already. */
  log?: string
}

/**
 * Receives the events of an instance. After an interruption it connects again and continues at the next event, without gaps
 * or repeats.
 * @param url `wss://host/<instance>`, percent-encoded, or `wss://host` in global mode
 * @throws {TypeError} `offset` is not an offset, or `onEvent` is missing
 */
export function connectInstance<Events extends object = InstanceEventMap>(
  url: string,
  {
    apikey,
    events,
    instances,
    filter,
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
    throw new TypeError(`offset: expected a whole number from 0, or 'latest' (got ${String(offset)})`)
  if (typeof onEvent !== 'function') throw new TypeError('onEvent: expected a function')
  const waiting: Step[] = []
  let running = false
  let onceDone: (() => void) | undefined
  let handled = offset === 'latest' ? undefined : offset
  let handledLog = given
  let received = offset
  let log = given
  let lastOfConnection = -Infinity
  let expelled = false
  let retry: ReturnType<typeof setTimeout> | undefined

  const socket = io(url, {
    ...passed,
    // Without a connection of its own, other namespaces would share its options and wait for its slow handlers.
    forceNew: true,
    autoConnect: false,
    // Called at each attempt. Messages in `waiting` are not requested again. Messages that Socket.IO buffered after the end of the
    // connection are, so that buffer must go.
    auth: (send) => {
      lastOfConnection = -Infinity
      socket.receiveBuffer = []
      send({ apikey, offset: received, log, events, instances, filter })
    }
  })

  socket.onAny((name: string, message: Resumed & InstanceMessage<Events> & Partial<Notice>) => {
    expelled = false
    // The namespace carries no events: to this client, that is a refusal.
    if (name === 'notice' && message?.code === 'IEV_WS_DISABLED') fail(message.code, String(message.message))
    if (name === 'resumed' || name === 'resuming') log = message.log
    if (name === 'resumed') take({ run: () => onResumed?.(message), offset: message.to, log: message.log })
    // The log has another epoch, or is another one: offsets above this one are void.
    else if (name === 'resuming') take({ run: () => {}, offset: message.offset, log: message.log })
    // The host may send messages of its own, without an offset. The first event of a connection is never a repeat: a low offset
    // then means another log.
    else if (Number.isSafeInteger(message?.offset) && message.offset > lastOfConnection)
      take({ run: () => onEvent(message), offset: message.offset })
  })

  socket.on('connect_error', (error: Error & { data?: { code?: string; message?: string; retryAfterMs?: number } }) => {
    // The server was not reached: Socket.IO tries again by itself.
    if (socket.active) return
    const { code = 'IEV_CLIENT_REFUSED', message = error.message, retryAfterMs = RETRY_MS } = error.data ?? {}
    if (TEMPORARY.has(code)) {
      retry = setTimeout(() => socket.connect(), retryAfterMs)
      onError?.(connectionError(message, { code, retryAfterMs }))
    } else whenDone(() => fail(code, message))
  })

  socket.on('disconnect', (reason) => {
    // 'io client disconnect': closed, or paused for a slow handler.
    if (reason !== 'io client disconnect') onDisconnected?.(reason)
    if (reason !== 'io server disconnect') return
    if (expelled) {
      whenDone(() => fail('IEV_CLIENT_EXPELLED', 'The server accepts this connection and disconnects it at once'))
      return
    }
    // At the next attempt the server refuses with a reason, or accepts the connection again.
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
      if (step.log !== undefined) [handled, handledLog] = [step.offset, step.log]
      try {
        const handling = step.run()
        // Synchronous handlers are not awaited: a reply of long polling contains thousands of events.
        if (handling) await handling
        handled = step.offset
      } catch (cause) {
        fail('IEV_CLIENT_HANDLER_FAILED', 'A handler failed; the connection has ended', { cause })
      }
    }
    running = false
    onceDone?.()
    onceDone = undefined
  }

  /** Calls `next` once all received messages are handled. */
  function whenDone(next: () => void): void {
    if (running) onceDone = next
    else next()
  }

  function fail(code: string, message: string, options?: ErrorOptions): void {
    close()
    const error = connectionError(message, { code }, options)
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
      return handledLog
    },
    get connected() {
      return socket.connected
    },
    close
  }
}

function connectionError(
  message: string,
  members: Pick<ConnectionError, 'code' | 'retryAfterMs'>,
  options?: ErrorOptions
): ConnectionError {
  return Object.assign(new Error(message, options), members)
}
