import type { TransportName } from '../instances/instance.ts'

/** Bit of `StoredEvent.flags`: the id came from the caller, and is unique only within the instance. */
export const CALLER_ID = 4
/** Bit of `StoredEvent.flags`: the event was not in the catalogue when it was accepted. */
export const UNLISTED = 32
/** Bit of `StoredEvent.flags`: the data of the event was erased. */
export const ERASED = 64
/** Bit of `StoredEvent.flags`: the event was accepted with deliveries to queues. Events of earlier releases do not have it. */
export const QUEUED = 128
/** Bit of the flags in storage: `data` is a reference to its parts. Events that are read do not have it. */
export const IN_PARTS = 256
/**
 * Bits of `StoredEvent.flags` that keep an event from a transport, now and when the log is read again. SQS needs none: an
 * event is stored with its queues. They do not depend on the transports of this process: another node, or this one after
 * a restart, may have more.
 */
const KEPT_FROM: Readonly<Record<TransportName, number>> = { sqs: 0, websocket: 16 }
const TRANSPORTS = Object.entries(KEPT_FROM) as [TransportName, number][]

/** The flags of an event that only these transports may deliver. */
export function flagsOfOnly(transports: readonly TransportName[]): number {
  return TRANSPORTS.reduce((flags, [name, flag]) => (transports.includes(name) ? flags : flags | flag), 0)
}

/** True if an event must not be delivered by a transport. */
export function isKeptFrom({ flags }: Pick<StoredEvent, 'flags'>, transport: TransportName): boolean {
  return (flags & KEPT_FROM[transport]) !== 0
}

/** An event ready for the log: everything but its offset. */
export interface NewEvent {
  /** Instance name; registered in the same transaction if unknown. */
  readonly instance: string
  /** Key of the only instance that it is for; absent: it is for any that has the name when it is stored. */
  readonly onlyFor?: number
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

/** Returns the instance of events; `undefined` if they are of several, or none. */
export function onlyInstance(events: readonly Pick<NewEvent, 'instance'>[]): string | undefined {
  const instance = events[0]?.instance
  return events.every((event) => event.instance === instance) ? instance : undefined
}

/** An event in the log. */
export interface StoredEvent extends NewEvent {
  readonly offset: number
  readonly instanceKey: number
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}
