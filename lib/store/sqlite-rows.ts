import type { SQLOutputValue } from 'node:sqlite'
import type { DeadLetter, Instance, Selection, StoredEvent, TransportName } from './types.ts'

/** A row as node:sqlite returns it. The schema is STRICT, so a column's type is what its DDL says. */
export type Row = Record<string, SQLOutputValue>

export const EVENT_COLUMNS =
  'e."offset" AS "offset", e.instance_key, e.id, e.instance, e.event, e.flags, e.accepted_at, e.envelope, e.extra, e.data'

export function toEvent(row: Row): StoredEvent {
  return {
    offset: row.offset as number,
    instanceKey: row.instance_key as number,
    id: row.id as string,
    instance: row.instance as string,
    event: row.event as string,
    flags: row.flags as number,
    acceptedAt: row.accepted_at as number,
    envelope: row.envelope as string,
    extra: row.extra as string,
    data: row.data as string,
    queues: []
  }
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
    diedAt: new Date(row.died_at as number)
  }
}

export function toInstance(row: Row, selections: Iterable<Row>): Instance {
  const chosen: { [T in TransportName]?: Selection } = {}
  for (const selection of selections) chosen[selection.transport as TransportName] = toSelection(selection)
  return {
    key: row.key as number,
    id: row.id as string,
    name: row.name as string,
    tokenHash: row.token_hash === null ? null : Buffer.from(row.token_hash as Uint8Array),
    integration: row.integration as string | null,
    createdAt: new Date(row.created_at as number),
    updatedAt: new Date(row.updated_at as number),
    selections: chosen
  }
}

function toSelection(row: Row): Selection {
  return {
    id: row.id as string,
    enabled: row.enabled === 1,
    events: JSON.parse(row.events as string) as string[],
    createdAt: new Date(row.created_at as number),
    updatedAt: new Date(row.updated_at as number)
  }
}
