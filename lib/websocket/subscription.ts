import type { EventCatalogue } from '../events/catalogue.ts'
import type { InstanceEventsError } from '../error-class.ts'
import { checkFilter, type EventFilter } from '../filters/event-filter.ts'
import { instanceNameFault } from '../instances/name.ts'

/** The members of `auth` besides the key: the events that a socket asks for. */
export interface Subscription {
  /** Replay the events after this offset; `latest`: none, but send `resumed` with the head; `undefined`: no replay. */
  readonly offset: number | 'latest' | undefined
  /** The log that the offset is of; `undefined`: any. */
  readonly log: string | undefined
  /** Names of events; `undefined`: all. */
  readonly events: ReadonlySet<string> | undefined
  /** Names of instances, on `/`; `undefined`: all. */
  readonly instances: ReadonlySet<string> | undefined
  /** The filter of these events by their `data`; `undefined` for all. */
  readonly filter: EventFilter | undefined
}

export type ReadSubscription =
  | { readonly status: 'valid'; readonly subscription: Subscription }
  | { readonly status: 'invalid'; readonly message: string }

const MAX_EVENTS = 200
const MAX_INSTANCES = 200
/** Valid values of `auth.log`, longer than any that a server sends: clients may have stored something else. */
const LOG = /^[\x20-\x7e]{0,100}$/

/** Reads `auth` of a handshake. The message of an invalid one names the first field that is wrong. */
export function readSubscription(
  namespace: string,
  auth: Record<string, unknown>,
  catalogue: EventCatalogue
): ReadSubscription {
  try {
    const { offset, log, events, instances, filter } = auth
    if (instances !== undefined && instances !== null && namespace !== '/') {
      return invalid('auth.instances: can only be used on the namespace /; leave it out here')
    }
    const keys = texts('events', events, MAX_EVENTS)
    return {
      status: 'valid',
      subscription: {
        offset: readOffset(offset),
        log: readLog(log),
        events: keys && new Set(catalogue.resolve([...keys], 'auth.events').keys.map((key) => catalogue.get(key).name)),
        instances: instanceNames(instances),
        filter: filter === undefined || filter === null ? undefined : checkFilter(filter, 'auth.filter', catalogue)
      }
    }
  } catch (error) {
    // Only the catalogue, the filter and the functions below throw here.
    const { messages: [first] = [], message } = error as InstanceEventsError
    return invalid(first ?? message)
  }
}

/** Accepts text and `null`, as browsers store an offset and the lack of one. */
function readOffset(value: unknown): Subscription['offset'] {
  if (value === undefined || value === null) return undefined
  if (value === 'latest') return 'latest'
  const offset = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset
  throw new TypeError(
    'auth.offset: must be the offset of the last event that you have (a whole number from 0), or "latest"'
  )
}

function readLog(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && LOG.test(value)) return value
  throw new TypeError(
    'auth.log: must be the "log" of the last "resumed" that you received (at most 100 characters of printable ASCII)'
  )
}

/** Returns `undefined`, which is all, for an empty list, as selections do. */
function texts(field: string, value: unknown, max: number): ReadonlySet<string> | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > max || !value.every((entry) => typeof entry === 'string')) {
    throw new TypeError(`auth.${field}: must be a list of at most ${max} names`)
  }
  return value.length === 0 ? undefined : new Set(value)
}

function instanceNames(value: unknown): ReadonlySet<string> | undefined {
  const names = texts('instances', value, MAX_INSTANCES)
  for (const name of names ?? []) {
    const fault = instanceNameFault(name)
    if (fault !== undefined) throw new TypeError(`auth.instances: ${fault}`)
  }
  return names
}

function invalid(message: string): ReadSubscription {
  return { status: 'invalid', message }
}
