import type { Resumed, Resuming } from './resumed.ts'

/** A message about the connection. It sets the client's position to its `offset` or `to`. */
export type Notification = readonly [name: 'resuming', message: Resuming] | readonly [name: 'resumed', message: Resumed]

/** An event to encode. */
export interface SentEvent {
  readonly name: string
  readonly offset: number
  /** The message, as JSON text. */
  readonly json: string
}

/** Encodes events for one kind of client. */
export interface Encoding {
  /** Name of the kind. */
  readonly name: string
  /** Encodes an event. */
  event(namespace: string, event: SentEvent): string
  /** Encodes a message about the connection. */
  notification(namespace: string, notification: Notification): string
  /** Joins encoded events and messages into the bytes of one write. */
  join(packets: readonly string[]): Buffer
}
