import { isObject, isString, skipByteOrderMark, skipSpace, skipValue } from '../lib/json/scan.ts'
import { visitMembers } from '../lib/json/visit.ts'

/** Bytes of a body that are searched. */
const SEARCHED_BYTES = 4_096

/**
 * Returns a text member of the object that a body is, as it was written, before the body is read; `undefined` if it is not among
 * the first bytes.
 */
export function earlyMember(body: Buffer, name: string): string | undefined {
  const bytes = body.subarray(0, SEARCHED_BYTES)
  const at = skipSpace(bytes, skipByteOrderMark(bytes))
  if (!isObject(bytes, at)) return undefined
  const quoted = JSON.stringify(name)
  let found: string | undefined
  try {
    visitMembers(bytes, at, (nameAt, valueAt) => {
      const end = skipValue(bytes, valueAt)
      const isNamed = bytes.toString('utf8', nameAt, nameAt + quoted.length) === quoted
      if (isNamed && isString(bytes, valueAt)) found = bytes.toString('utf8', valueAt + 1, end - 1)
      return end
    })
  } catch {
    // The rest is cut off. What is no JSON is refused when the body is read.
  }
  return found
}
