/** Different lists that are kept. Beyond, all are forgotten: those in use stay, and equal ones that come later are new. */
const MAX_LISTS = 10_000

/** Lists of event keys by their JSON text, each in memory once: most instances select the same events. */
const lists = new Map<string, readonly string[]>()
const shared = new WeakSet<readonly string[]>()

/** The last text and its list: a comparison is faster than a lookup. */
let last: { json: string; list: readonly string[] } | undefined

/** Returns the one list that is equal to this one. It cannot be changed. */
export function sharedList(events: readonly string[]): readonly string[] {
  if (shared.has(events)) return events
  const list = last?.list
  return list && isEqual(list, events) ? list : listOfJson(JSON.stringify(events))
}

/** Returns the list that a JSON text writes. */
export function listOfJson(json: string): readonly string[] {
  if (json !== last?.json) last = { json, list: knownList(json) }
  return last.list
}

function knownList(json: string): readonly string[] {
  let list = lists.get(json)
  if (!list) {
    if (lists.size >= MAX_LISTS) lists.clear()
    list = Object.freeze(JSON.parse(json) as string[])
    lists.set(json, list)
    shared.add(list)
  }
  return list
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at])
}
