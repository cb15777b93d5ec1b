import type { EventCatalogue } from '../events/catalogue.ts'
import type { Selection } from './instance.ts'

/** What a caller asks for. `events`: event keys; `undefined` and empty mean what `resolveSelection` says. */
export interface SelectionRequest {
  enabled: boolean
  events?: readonly string[] | undefined
}

export interface ResolvedRequest {
  enabled: boolean
  events: readonly string[]
  /** What was left out, and why. */
  notes: string[]
}

/**
 * What a request means, given what is stored:
 * - a list: exactly these keys, aliases resolved;
 * - `enabled: true` without a list: the list kept while it was switched off, else all events;
 * - `enabled: true` with an empty list: all events;
 * - `enabled: false` without a list: the stored one, kept.
 * @param field how messages call the list
 * @throws {EventUnknownError} with one message for each unknown key
 */
export function resolveSelection(
  catalogue: EventCatalogue,
  { enabled, events }: SelectionRequest,
  { stored, field }: { stored: Selection | undefined; field: string }
): ResolvedRequest {
  if (events && events.length > 0) {
    const { keys, notes } = catalogue.resolve(events, field)
    return { enabled, events: keys, notes }
  }
  const kept =
    stored && stored.events.length > 0 && (!enabled || (!stored.enabled && !events)) ? stored.events : undefined
  return { enabled, events: kept ?? (enabled ? catalogue.all : []), notes: [] }
}

/** Whether an enabled selection has this event key. */
export function selects(selection: Selection | undefined, key: string): boolean {
  return selection !== undefined && selection.enabled && selection.events.includes(key)
}
