import type { EventFilter } from '../lib/filters/event-filter.ts'
import type { SelectionRequest } from '../lib/instances/selections.ts'
import type { CatalogueEvent, Selection } from './api/types.ts'
import { jsonFault, type JsonFault } from './json-fault.ts'

/** A selection as its form shows it. */
export interface SelectionDraft {
  enabled: boolean
  /** Keys of events. */
  selected: ReadonlySet<string>
  /** JSON; empty: no filter. */
  filter: string
  /** Paths of members, one per line. */
  omit: string
}

/** Returns the draft of a stored selection. Without stored events, it has those that switching it on selects. */
export function draftOf(
  { enabled, events: stored, filter, omit = [] }: Selection,
  events: readonly CatalogueEvent[]
): SelectionDraft {
  // Replies also have keys that only Evolution API's manager uses.
  const keys = events.filter(({ key, inAll }) => (stored.length > 0 ? stored.includes(key) : inAll))
  return {
    enabled,
    selected: new Set(keys.map(({ key }) => key)),
    filter: filter ? JSON.stringify(filter, null, 2) : '',
    omit: omit.join('\n')
  }
}

export function sameDraft(one: SelectionDraft, other: SelectionDraft): boolean {
  return (
    one.enabled === other.enabled &&
    sameKeys(one.selected, other.selected) &&
    compact(one.filter) === compact(other.filter) &&
    pathsOf(one.omit).join('\n') === pathsOf(other.omit).join('\n')
  )
}

/** The fault of a filter that is not JSON. */
export function filterFault(filter: string): JsonFault | undefined {
  return filter.trim() === '' ? undefined : jsonFault(filter)
}

/** Returns the request that stores a draft whose filter is JSON. While it is off, filter and paths stay as they are stored. */
export function requestOf(
  { enabled, selected, filter, omit }: SelectionDraft,
  events: readonly CatalogueEvent[]
): SelectionRequest {
  if (!enabled) return { enabled, events: [...selected] }
  const paths = pathsOf(omit)
  return {
    enabled,
    events: requestedEvents(selected, events),
    filter: filter.trim() === '' ? null : (JSON.parse(filter) as EventFilter),
    omit: paths.length > 0 ? paths : null
  }
}

/** Keys of the events that a selection of "all" has. */
export function keysOfAll(events: readonly CatalogueEvent[]): ReadonlySet<string> {
  return new Set(events.filter(({ inAll }) => inAll).map(({ key }) => key))
}

/** Returns the events of a request that selects these keys. */
export function requestedEvents(selected: ReadonlySet<string>, events: readonly CatalogueEvent[]): string[] {
  // An empty list stands for all events, also for those that the server learns of later.
  return sameKeys(selected, keysOfAll(events)) ? [] : [...selected]
}

function sameKeys(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other)
}

function pathsOf(lines: string): string[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** The same JSON without blanks, so that another layout is no change. */
function compact(filter: string): string {
  return filter.trim() === '' || filterFault(filter) !== undefined ? filter.trim() : JSON.stringify(JSON.parse(filter))
}
