import { SharedValues } from '../json/shared-values.ts'

/** Lists of event keys, each in memory once: most instances select the same events. */
const lists = new SharedValues<readonly string[]>()

/** The last text and its list: a comparison is faster than a lookup. */
let last: { json: string; list: readonly string[] } | undefined

/** Returns the one list that is equal to this one. It cannot be changed. */
export function sharedList(events: readonly string[]): readonly string[] {
  if (lists.has(events)) return events
  const list = last?.list
  return list && isEqual(list, events) ? list : listOfJson(JSON.stringify(events))
}

/** Returns the list that a JSON text writes. */
export function listOfJson(json: string): readonly string[] {
  if (json !== last?.json) last = { json, list: lists.ofJson(json) }
  return last.list
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at])
}
