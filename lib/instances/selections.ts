import { ALL_EVENTS, type CatalogueEvent, type EventCatalogue, selectsAll } from '../events/catalogue.ts'
import { checkFilter, type EventFilter, passes } from '../filters/event-filter.ts'
import { checkOmission } from '../filters/omission.ts'
import type { WithData } from '../filters/parsed-data.ts'
import type { SelectionInput } from './directory.ts'
import type { Selection } from './instance.ts'

/** A selection as requested. `events` are event keys; see `resolveSelection` for members that are absent or empty. */
export interface SelectionRequest {
  enabled: boolean
  events?: readonly string[] | undefined
  /** `null` removes the stored one. */
  filter?: EventFilter | null | undefined
  /** Paths of members of `data`; `null` removes the stored ones. */
  omit?: readonly string[] | null | undefined
}

/** How a selection is set. */
export interface SetOptions {
  /** Of the names of members in error messages, such as `sqs.`. */
  prefix?: string
  /** Key of the only instance that it is for; absent: it is for the one that has the name, which may be registered. */
  onlyFor?: number | undefined
}

/** A selection to be stored. */
export interface ResolvedRequest {
  /** The selection to store. Its events are keys, or `ALL_EVENTS` alone. */
  selection: SelectionInput
  /** A sentence for each key that was left out. */
  notes: string[]
}

/**
 * Resolves a request to a selection:
 * - a list: exactly these keys, aliases resolved;
 * - `enabled: true` without a list: the list of the stored selection if that is disabled, else all events;
 * - `enabled: true` with an empty list: all events;
 * - `enabled: false` without a list or with an empty one: the stored list;
 * - `filter` and `omit`: as given; the stored ones if they are absent.
 * @param prefix of the names of members in error messages
 * @throws {EventUnknownError} with one message for each unknown key @throws {FilterInvalidError}
 */
export function resolveSelection(
  { enabled, events, filter, omit }: SelectionRequest,
  { stored, catalogue, prefix }: { stored: Selection | undefined; catalogue: EventCatalogue; prefix: string }
): ResolvedRequest {
  const { keys, notes } = resolveEvents({ enabled, events }, { stored, catalogue, field: `${prefix}events` })
  const filtered = filter === undefined ? stored?.filter : filter && checkFilter(filter, `${prefix}filter`, catalogue)
  const omitted = omit === undefined ? stored?.omit : omit && checkOmission(omit, `${prefix}omit`)
  const selection = {
    enabled,
    events: keys,
    ...(filtered && { filter: filtered }),
    ...(omitted && { omit: omitted })
  }
  return { selection, notes }
}

function resolveEvents(
  { enabled, events }: SelectionRequest,
  { stored, catalogue, field }: { stored: Selection | undefined; catalogue: EventCatalogue; field: string }
): { keys: readonly string[]; notes: string[] } {
  if (events && events.length > 0) return catalogue.resolve(events, field)
  const kept =
    stored && stored.events.length > 0 && (!enabled || (!stored.enabled && !events)) ? stored.events : undefined
  return { keys: kept ?? (enabled ? [ALL_EVENTS] : []), notes: [] }
}

/** Returns true if a selection is enabled and includes an event. */
export function selects(selection: Selection | undefined, { key, inAll }: CatalogueEvent): boolean {
  if (!selection?.enabled) return false
  return selection.events.includes(key) || (inAll && selectsAll(selection.events))
}

/** Returns true if a selection includes an event and its filter matches. */
export function delivers(selection: Selection | undefined, event: CatalogueEvent, content: WithData): boolean {
  return selects(selection, event) && passes(selection?.filter, event.key, content)
}
