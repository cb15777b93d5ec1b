import { ERASED, type StoredEvent } from './event.ts'

/** `data` of an erased event. */
export const ERASED_DATA = 'null'

/** True if the data of an event was erased. */
export function isErased({ flags }: Pick<StoredEvent, 'flags'>): boolean {
  return (flags & ERASED) !== 0
}

/**
 * Returns an event without what it says: `data` and `sender` are `null`, the key and extra members are gone. Its place
 * in the log, name, id, time and trace stay.
 */
export function erased(event: StoredEvent): StoredEvent {
  const { apikey: _, ...members } = JSON.parse(`{${event.envelope}}`) as Record<string, unknown>
  const envelope = JSON.stringify({ ...members, sender: null }).slice(1, -1)
  return { ...event, flags: event.flags | ERASED, envelope, extra: '', data: ERASED_DATA }
}
