import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { canonicalJson } from '../json/canonical-json.ts'
import { toUtc } from './utc.ts'

/** The parts of an event that its derived id depends on. */
export interface DerivedIdSource {
  /** Name of the instance. */
  instance: string
  /** Name on the wire. */
  event: string
  /** ISO 8601, as the hub sent it. */
  dateTime: string
  /** `data` as JSON text, checked. */
  data: string
}

/** Characters of `data` from which to use `derivedIdInSlices`. */
export const LARGE_DATA = 262_144

/**
 * Derives an id for an event without one. Repeats of the event have the same id. It is the time of the event, in milliseconds since
 * the epoch as 12 hexadecimal digits, followed by a SHA-256, so ids of similar times are close together in the index of ids.
 * Returns `undefined` if the time is invalid.
 */
export function derivedId(source: DerivedIdSource): string | undefined {
  const canonical = canonicalJson(source.data)
  let step = canonical.next()
  while (!step.done) step = canonical.next()
  return idOf(source, step.value)
}

/** Derives the same id as `derivedId` in slices, each in its own turn of the event loop. */
export async function derivedIdInSlices(source: DerivedIdSource): Promise<string | undefined> {
  const canonical = canonicalJson(source.data)
  let step = canonical.next()
  while (!step.done) {
    await setImmediate()
    step = canonical.next()
  }
  return idOf(source, step.value)
}

function idOf({ instance, event, dateTime }: DerivedIdSource, data: string): string | undefined {
  const time = toUtc(dateTime)
  if (time === undefined) return undefined
  const hash = createHash('sha256')
    .update(`[${JSON.stringify([instance, event, time])},`)
    .update(data)
  return `${Math.max(0, Date.parse(time)).toString(16).padStart(12, '0')}-${hash.digest('base64url')}`
}
