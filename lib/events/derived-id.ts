import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { canonicalJson } from '../json/canonical-json.ts'
import { toUtc } from './utc.ts'

/** What makes an event without an id the same as another. */
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

/** Characters of `data` from which an id should be derived in slices. */
export const LARGE_DATA = 262_144

/**
 * Returns the id of an event whose hub gives none: the same for each repeat of the event, another for any other. It is the time of
 * the event, in milliseconds as 12 hexadecimal digits, and a SHA-256: ids of a time are neighbours in the index of ids.
 * `undefined`: the time is not one.
 */
export function derivedId(source: DerivedIdSource): string | undefined {
  const canonical = canonicalJson(source.data)
  let step = canonical.next()
  while (!step.done) step = canonical.next()
  return idOf(source, step.value)
}

/** Does the same in slices, each in a turn of the event loop of its own. */
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
