import { saying } from '../lib/message-code.ts'
import { ValidationError } from '../lib/errors.ts'

/** The members of a query that select events. */
export interface SubscriptionQuery {
  log?: string
  events?: string
  instances?: string
  filter?: string
}

/**
 * Returns a query in the form of a socket's `auth`. @param offset the last offset that the client has, or `latest`
 * @throws {ValidationError} `filter` is not JSON
 */
export function subscriptionOf(
  { log, events, instances, filter }: SubscriptionQuery,
  offset: unknown
): Record<string, unknown> {
  return {
    offset,
    log,
    events: events?.split(',').map((name) => name.trim()),
    instances: instances?.split(',').map(decodeName),
    filter: filter === undefined ? undefined : parseFilter(filter)
  }
}

/** Reads the member `filter` of a query. @throws {ValidationError} it is not JSON */
export function parseFilter(filter: string): unknown {
  try {
    return JSON.parse(filter)
  } catch {
    const field = 'querystring.filter'
    throw saying(new ValidationError(`${field} must be JSON, percent-encoded`), { code: 'notJson', field, values: [] })
  }
}

/** Decodes a name of a list. Names may contain commas, so each one in the list can be percent-encoded. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
