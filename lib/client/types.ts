import type { ManagerOptions, SocketOptions } from 'socket.io-client'
import type { EventFilter } from '../filters/event-filter.ts'
import type { InstanceEventMap } from '../schemas/events/index.ts'
import type { Resumed } from '../websocket/resumed.ts'

/** The members of every message. Members that are not listed are extras of the event. */
export interface MessageEnvelope {
  /** Name of the instance. */
  instance: string
  /** The hub's own URL, or the server's. */
  server_url: string
  /** ISO 8601, UTC. */
  date_time: string
  /** Address of the instance, if the hub gave it. */
  sender: string | null
  /** Only if the server exposes API keys. */
  apikey?: string
  /** Unique within the instance. */
  id: string
  /** Position in the server's log. Offsets grow; there may be gaps. */
  offset: number
  /** True if the data of the event was erased: `data` is then `null`. */
  erased?: true
  /** W3C trace context of the request that caused the event. */
  traceparent?: string
  [extra: string]: unknown
}

/** The name of an event whose data has no type. A type only: it lets the compiler tell such names from known ones. */
export declare enum OtherEventName {
  text = 'any other name'
}

/**
 * An event as the server sends it. `message.event === 'messages.upsert'` narrows the type of `data`. The data of events that are
 * not in the map is `unknown`; add your own: `InstanceMessage<InstanceEventMap & { 'invoice.paid': Invoice }>`.
 */
export type InstanceMessage<Events extends object = InstanceEventMap> =
  | { [Name in keyof Events & string]: MessageEnvelope & { event: Name; data: Events[Name] } }[keyof Events & string]
  | (MessageEnvelope & { event: OtherEventName; data: unknown })

/** Own options, and some of socket.io-client, which are passed on. Its delays are in milliseconds. */
export interface ConnectInstanceOptions<Events extends object = InstanceEventMap> extends Partial<
  Pick<
    ManagerOptions & SocketOptions,
    'path' | 'transports' | 'extraHeaders' | 'withCredentials' | 'reconnectionDelay' | 'reconnectionDelayMax'
  >
> {
  /** The global key, or the token of the instance. */
  apikey: string
  /** Names or keys of events. @default all that are selected */
  events?: readonly string[]
  /** Names of instances, on `/` (global mode). @default all that the key authorizes */
  instances?: readonly string[]
  /** Which of these events, by their `data`: a filter policy in the syntax of Amazon SNS, for all or by event key. @default all */
  filter?: EventFilter
  /**
   * The log of `offset`. If the server's log has lost its newest events since, you receive the events after the last one that it
   * still has; if it is another log, all of its events. @default unknown
   */
  log?: string | undefined
  /** Resumes after this offset: all later events come first. @default 'latest': only events from now on */
  offset?: number | 'latest' | undefined
  /**
   * Called with each event once, in order; the next call waits until this one has returned or resolved. If it throws or
   * rejects, the connection ends, and its offset is the one before this event.
   */
  onEvent: (message: InstanceMessage<Events>) => void | Promise<void>
  /** Called between the events, in the order of arrival. If it throws, the connection ends as well. */
  onResumed?: (resumed: Resumed) => void
  /** Called with Socket.IO's reason when the connection is lost. It reconnects by itself; then `onResumed` is called. */
  onDisconnected?: (reason: string) => void
  /**
   * Called when the connection has ended, unless by `close`; and when the server refuses it for some time, which
   * `retryAfterMs` of the error states. Then it connects again by itself.
   * @default an error that ends the connection is thrown, outside of any `try`
   */
  onError?: (error: ConnectionError) => void
}

/** The reason why a connection has ended, or waits. `cause` is the error of a handler. */
export interface ConnectionError extends Error {
  /**
   * The server's code (`IEV_WS_UNAUTHORIZED`, …), or `IEV_CLIENT_HANDLER_FAILED`: a handler threw; `IEV_CLIENT_EXPELLED`: the
   * server accepts the connection and disconnects it at once; `IEV_CLIENT_REFUSED`: a refusal without a code, by another server.
   */
  readonly code: string
  /** Milliseconds until the next attempt, after a temporary refusal. Absent if the connection has ended. */
  readonly retryAfterMs?: number
}

export interface InstanceConnection {
  /** All events up to this offset are handled. `undefined` after a start at 'latest', until the server has named it. */
  readonly offset: number | undefined
  /** The log of `offset`; store it with the offset. `undefined` until the server has named it. */
  readonly log: string | undefined
  /** Also `false` while the connection pauses for a slow handler. */
  readonly connected: boolean
  /** Ends the connection and drops waiting events. `offset` includes the event of a running handler once it has finished. */
  close(): void
}
