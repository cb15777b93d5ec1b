import type { EventCatalogue } from '../events/catalogue.ts'
import type { Selection } from './instance.ts'

/** A selection as requested. `events` are event keys; see `resolveSelection` for a list that is absent or empty. */
export interface SelectionRequest {
  enabled: boolean
  events?: readonly string[] | undefined
}

/** A selection to be stored. */
export interface ResolvedRequest {
  enabled: boolean
  events: readonly string[]
  /** A sentence for each key that was left out. */
  notes: string[]
}

/**
 * Resolves a request to a selection:
 * - a list: exactly these keys, aliases resolved;
 * - `enabled: true` without a list: the list of the stored selection if that is disabled, else all events;
 * - `enabled: true` with an empty list: all events;
 * - `enabled: false` without a list or with an empty one: the stored list.
 * @param field the name of the list, for error messages
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

/** True if a selection is enabled and has this event key. */
export function selects(selection: Selection | undefined, key: string): boolean {
  return selection !== undefined && selection.enabled && selection.events.includes(key)
}
