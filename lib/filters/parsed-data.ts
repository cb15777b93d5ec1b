import { COMMA, OPEN_ARRAY, OPEN_OBJECT } from '../json/scan.ts'

/** An event with its `data` as JSON text. */
export interface WithData {
  readonly data: string
}

/** Characters of `data` up to which it is parsed, whatever it has. */
const SMALL = 65_536
/** Arrays, objects and members of larger data, at most: `JSON.parse` takes long for many, and little for long strings. */
const MAX_PARTS = 100_000

/** Stands for `data` with so many parts that it is not parsed. */
export const TOO_LARGE = Symbol('too large')

let last: WithData | undefined
let value: unknown

/**
 * Parses `data` of an event; `TOO_LARGE` if that could block the event loop. Caches the last result, because several filters
 * evaluate the same event in a row.
 */
export function parsedData(event: WithData): unknown {
  if (event !== last) {
    const { data } = event
    value = hasFewParts(data) ? JSON.parse(data) : TOO_LARGE
    last = event
  }
  return value
}

function hasFewParts(json: string): boolean {
  if (json.length <= SMALL) return true
  let parts = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if ((code === COMMA || code === OPEN_ARRAY || code === OPEN_OBJECT) && ++parts > MAX_PARTS) return false
  }
  return true
}
