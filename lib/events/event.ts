/** Bits of `StoredEvent.flags`. The id came from the caller: only unique within the instance. */
export const CALLER_ID = 4
/** Only in memory: `data` is the reference of an object in S3. */
export const IN_S3 = 8
/** Whoever handed it in kept it to other transports: no socket gets it, now or when the log is replayed. */
export const OFF_SOCKETS = 16

/** An event ready for the log: everything but its offset. */
export interface NewEvent {
  /** Instance name; registered in the same transaction if unknown. */
  readonly instance: string
  readonly id: string
  /** Name on the wire. */
  readonly event: string
  /** `data` as JSON text. */
  readonly data: string
  /** The members after `data` (`server_url` to `id`) as JSON text without braces. */
  readonly envelope: string
  /** W3C Trace Context of what caused the event. */
  readonly traceparent: string | undefined
  /** Further top-level members as JSON text without braces; empty if there are none. */
  readonly extra: string
  readonly flags: number
  /** Names of the queues it is to be delivered to. */
  readonly queues: readonly string[]
}

export interface StoredEvent extends NewEvent {
  readonly offset: number
  readonly instanceKey: number
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}
