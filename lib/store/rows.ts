import type { DeadLetter } from './dead-letter-store.ts'
import type { UnsentDelivery } from './delivery-store.ts'
import type { EventSum } from './log-store.ts'
import { IN_PARTS, type StoredEvent } from '../events/event.ts'
import { readExtras } from '../events/extras.ts'

/** A row as a driver returns it. The types of its columns are those of the backend's schema. */
export type Row = Record<string, unknown>

export const EVENT_COLUMNS =
  'e."offset" AS "offset", e.instance_key, e.id, e.instance, e.event, e.flags, e.accepted_at, e.envelope, e.extra, e.data'

/** Returns the event of a row. `whole`: its data, if that is in parts. */
export function toEvent(row: Row): StoredEvent {
  const { traceparent, extra } = readExtras(row.extra as string)
  return {
    offset: row.offset as number,
    instanceKey: row.instance_key as number,
    id: row.id as string,
    instance: row.instance as string,
    event: row.event as string,
    flags: (row.flags as number) & ~IN_PARTS,
    acceptedAt: row.accepted_at as number,
    envelope: row.envelope as string,
    traceparent,
    extra,
    data: textOf(row.whole ?? row.data),
    queues: []
  }
}

export function toEventSum(row: Row): EventSum {
  return {
    instanceKey: row.instance_key as number,
    instance: row.instance as string,
    count: row.count as number,
    event: row.event as string,
    offset: row.offset as number,
    acceptedAt: row.accepted_at as number
  }
}

/** Decodes text that a store may return as bytes if it is long: V8 keeps the decoded string outside its heap. */
function textOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) return value as string
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString()
}

/** A delivery of which a row has the queue, and if it was given up, the dead letter. */
export function toUnsent(row: Row): UnsentDelivery {
  const queue = row.queue as string
  if (row.id === null) return { queue }
  return { queue, deadLetter: { id: row.id as number, reason: row.reason as string, message: row.message as string } }
}

export function toDeadLetter(row: Row): DeadLetter {
  return {
    id: row.id as number,
    queue: row.queue as string,
    instanceKey: row.instance_key as number,
    offset: row.offset as number,
    instance: row.instance as string,
    event: row.event as string,
    eventId: row.event_id as string,
    reason: row.reason as string,
    message: row.message as string,
    attempts: row.attempts as number,
    tries: row.tries as number,
    firstDiedAt: new Date((row.first_died_at ?? row.died_at) as number),
    diedAt: new Date(row.died_at as number)
  }
}
