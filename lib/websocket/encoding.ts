import type { Resumed, Resuming } from './resumed.ts'

/** A message about the connection. The client has the position `offset`, or `to`, with it. */
export type Notification = readonly [name: 'resuming', message: Resuming] | readonly [name: 'resumed', message: Resumed]

/** An event as it is sent. */
export interface SentEvent {
  readonly name: string
  readonly offset: number
  /** The message, as JSON text. */
  readonly json: string
}

/** How a kind of client receives events. */
export interface Encoding {
  /** Name of the kind. */
  readonly name: string
  /** Encodes an event. */
  event(namespace: string, event: SentEvent): string
  /** Encodes a message about the connection. */
  notification(namespace: string, notification: Notification): string
  /** Joins what is written at once into bytes. */
  join(packets: readonly string[]): Buffer
}
