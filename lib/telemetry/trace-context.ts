/**
 * W3C Trace Context: `traceparent` names the trace that an event belongs to, and the span that caused it.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */

/** Version 00: trace id and parent id in lower-case hex, not all zeros, and flags. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
/** Later versions begin like 00 and may have more fields; `ff` is not a version. */
const HEADER = /^(?!ff)[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/

/** True if a text is a `traceparent` of version 00. */
export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text)
}

/** Returns a header as version 00; `undefined` if it is absent or no trace context, and is to be ignored. */
export function parseTraceparent(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined
  const [, fields, rest] = HEADER.exec(header) ?? []
  const traceparent = `00${fields}`
  if (rest !== undefined && header.startsWith('00')) return undefined
  return isTraceparent(traceparent) ? traceparent : undefined
}
