import type { StoredEvent } from '../events/event.ts'

/**
 * W3C Trace Context: `traceparent` names the trace that an event belongs to, and the span that caused it.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */

/** Version 00: trace id and parent id in lower-case hex, neither all zeros, and flags. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
/** Later versions begin as 00 does, and may go on; `ff` is none. */
const HEADER = /^(?!ff)[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/
const MEMBER_START = '"traceparent":"'
const LENGTH = 55

export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text)
}

/** A header as version 00; `undefined`: there is none, or it is not one and is to be ignored. */
export function parseTraceparent(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined
  const [, fields, rest] = HEADER.exec(header) ?? []
  const traceparent = `00${fields}`
  if (rest !== undefined && header.startsWith('00')) return undefined
  return isTraceparent(traceparent) ? traceparent : undefined
}

/** The member of a message, as JSON text; stored first of those behind `offset`. */
export function traceMember(traceparent: string): string {
  return `${MEMBER_START}${traceparent}"`
}

/** What `traceMember` wrote; empty if it wrote nothing. */
export function traceMemberOf(event: Pick<StoredEvent, 'extra'>): string {
  const traceparent = traceparentOf(event)
  return traceparent === undefined ? '' : traceMember(traceparent)
}

/** What it was given. */
export function traceparentOf({ extra }: Pick<StoredEvent, 'extra'>): string | undefined {
  if (!extra.startsWith(MEMBER_START)) return undefined
  const written = extra.slice(MEMBER_START.length, MEMBER_START.length + LENGTH)
  // Older releases let callers have an extra of this name.
  return isTraceparent(written) ? written : undefined
}
