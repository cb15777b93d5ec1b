import type { ManagerOptions, SocketOptions } from 'socket.io-client'
import type { InstanceEventMap } from '../schemas/events/index.ts'

/** Members that every message has; those that are not listed are the event's extras. */
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
  /** Its place in the server's log: grows, with gaps. */
  offset: number
  /** W3C trace context of what caused it. */
  traceparent?: string
  [extra: string]: unknown
}

/** The name of an event whose data is not known: a text that the compiler tells apart from known names. Types only. */
export declare enum OtherEventName {
  text = 'any other name'
}

/**
 * An event as the server sends it: `message.event === 'messages.upsert'` says what `data` is. The data of events that are
 * not in the map is `unknown`; name your own in it: `InstanceMessage<InstanceEventMap & { 'invoice.paid': Invoice }>`.
 */
export type InstanceMessage<Events extends object = InstanceEventMap> =
  | { [Name in keyof Events & string]: MessageEnvelope & { event: Name; data: Events[Name] } }[keyof Events & string]
  | (MessageEnvelope & { event: OtherEventName; data: unknown })

/** Comes once per connection, when everything after `from` up to `to` has been sent: what follows is live. */
export interface Resumed {
  /** The offset asked for. */
  from: number
  /** Offset of the end of the log when the replay reached it. */
  to: number
  /** Events that were replayed. */
  count: number
  /** `false`: the log does not hold all since the offset asked for. Events are missing, or the log was begun anew. */
  complete: boolean
  /** Which log the offsets are of: to be kept with them. */
  log: string
}

/** Besides its own, some options of socket.io-client, which it gets as they are; its delays are in milliseconds. */
export interface ConnectInstanceOptions<Events extends object = InstanceEventMap> extends Partial<
  Pick<
    ManagerOptions & SocketOptions,
    'path' | 'transports' | 'extraHeaders' | 'withCredentials' | 'reconnectionDelay' | 'reconnectionDelayMax'
  >
> {
  /** The global key, or the token of the instance. */
  apikey: string
  /** Names or keys of the events wanted. @default all that are selected */
  events?: readonly string[]
  /** The instances wanted, on `/` (global mode). @default all that the key opens */
  instances?: readonly string[]
  /** The log that `offset` is of. If the server has begun another one since, all of that comes. @default not known */
  log?: string | undefined
  /** Resumes after this offset: everything since then comes first. @default 'latest': what happens from now on */
  offset?: number | 'latest' | undefined
  /**
   * Gets each event once, in order; the next one waits until it has returned or resolved. If it throws or rejects,
   * the connection ends, with its offset before this event.
   */
  onEvent: (message: InstanceMessage<Events>) => void | Promise<void>
  /** Called among the events, where it came. If it throws, the connection ends as well. */
  onResumed?: (resumed: Resumed) => void
  /** Told when the connection is lost, with Socket.IO's reason; it comes back by itself, and `onResumed` says so. */
  onDisconnected?: (reason: string) => void
  /** Told why the connection ended, unless by `close`. @default the error is thrown, and nobody can catch it */
  onError?: (error: ConnectionError) => void
}

/** `cause` is what a handler threw. */
export interface ConnectionError extends Error {
  /**
   * The server's refusal (`IEV_WS_UNAUTHORIZED`, …), or `IEV_CLIENT_HANDLER_FAILED`; `IEV_CLIENT_EXPELLED`: the server
   * admits it and disconnects it at once; `IEV_CLIENT_REFUSED`: a refusal that has no code, so not of our server.
   */
  readonly code: string
}

export interface InstanceConnection {
  /** Where to continue: all up to here has been handled. `undefined`: began at 'latest', which is not known yet. */
  readonly offset: number | undefined
  /** The log that it is of: to be kept with it. `undefined`: not told yet. */
  readonly log: string | undefined
  /** `false` also while it waits for a slow handler. */
  readonly connected: boolean
  /** Ends it and drops the events that wait. A handler that is running may finish, and then counts in `offset`. */
  close(): void
}
