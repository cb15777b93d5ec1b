import type { EventCatalogue } from '../events/catalogue.ts'
import type { FilterPolicy } from '../schemas/filter-policy.ts'
import { SharedValues } from '../json/shared-values.ts'
import type { Condition } from './conditions.ts'
import { filterFault } from './faults.ts'
import { bounded } from './work.ts'
import { parsedData, TOO_LARGE, type WithData } from './parsed-data.ts'
import { compilePolicy } from './policy.ts'

/**
 * A filter of events by their `data`: a filter policy of Amazon SNS for all events, or one for each of some event keys,
 * `{"MESSAGES_UPSERT": {"key": {"fromMe": [false]}}}`. Events of other keys pass.
 */
export type EventFilter = FilterPolicy

/** Characters of a filter as JSON text. */
const MAX_CHARACTERS = 8_192
/** The form of event keys, which members of `data` do not have. */
const KEY = /^[A-Z][A-Z0-9_]*$/

/** The conditions of a filter by event key; under `''` those for all events. */
interface Compiled {
  readonly conditions: ReadonlyMap<string, Condition>
  /** Results for events that were evaluated before. */
  readonly passed: WeakMap<WithData, boolean>
}

const filters = new SharedValues<EventFilter>()
const compiled = new WeakMap<EventFilter, Compiled>()

/**
 * Checks a filter.
 * @param field its name, for messages @returns the shared, frozen filter that is equal to it, with the keys of the
 * catalogue
 * @throws {FilterInvalidError} {EventUnknownError}
 */
export function checkFilter(value: unknown, field: string, catalogue: EventCatalogue): EventFilter {
  const filter = asObject(value, field)
  const names = Object.keys(filter)
  const named = names.find((name) => name.includes('.') && catalogue.find(name)?.name === name)
  if (named !== undefined) throw filterFault('filterHasEventName', field, catalogue.get(named).key, named)
  const keyed = names.filter((name) => KEY.test(name))
  if (keyed.length > 0 && keyed.length < names.length) throw filterFault('filterMixed', field)
  const entries = names.flatMap((name) =>
    keyed.length > 0 ? catalogue.resolve([name], field).keys.map((key) => [key, filter[name]]) : [[name, filter[name]]]
  )
  const known = Object.fromEntries(entries) as EventFilter
  // First, because a filter with too many levels cannot be written as text either.
  compile(known, field)
  if (JSON.stringify(known).length > MAX_CHARACTERS) throw filterFault('filterTooLong', field, MAX_CHARACTERS)
  return filters.of(known)
}

/** Returns the filter that a store holds as JSON text. */
export function storedFilter(json: string): EventFilter {
  return filters.ofJson(json)
}

/** Returns the shared, frozen filter that is equal to a stored one. */
export function sharedFilter(filter: EventFilter): EventFilter {
  return filters.of(filter)
}

/**
 * True if an event with this key passes a filter. Each event is evaluated once for equal filters. An event passes if its data has
 * too many values to evaluate them in a short time.
 */
export function passes(filter: EventFilter | undefined, key: string, event: WithData): boolean {
  if (!filter) return true
  const { conditions, passed } = compile(filter, 'filter')
  const matches = conditions.get(key) ?? conditions.get('')
  if (!matches) return true
  let result = passed.get(event)
  if (result === undefined) {
    const data = parsedData(event)
    // An event is rather delivered too often than lost.
    result = data === TOO_LARGE || (bounded(() => matches(data)) ?? true)
    passed.set(event, result)
  }
  return result
}

function compile(filter: EventFilter, field: string): Compiled {
  let known = compiled.get(filter)
  if (!known) {
    const isKeyed = Object.keys(filter).some((name) => KEY.test(name))
    const policies = isKeyed ? Object.entries(filter) : [['', filter] as const]
    const conditions = policies.map(
      ([key, policy]) => [key, compilePolicy(policy, key === '' ? field : `${field}.${key}`)] as const
    )
    known = { conditions: new Map(conditions), passed: new WeakMap() }
    compiled.set(filter, known)
  }
  return known
}

function asObject(value: unknown, field: string): EventFilter {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw filterFault('filterNotObject', field)
  return value as EventFilter
}
