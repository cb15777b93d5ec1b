import type { EventCatalogue } from '../events/catalogue.ts'
import type { InstanceEventsError } from '../error-class.ts'
import { instanceNameFault } from '../instances/name.ts'

/** What a socket asks for in `auth`, besides bringing its key. */
export interface Subscription {
  /** Replay what came after this offset; `latest`: nothing, but tell where the log is; `undefined`: not asked. */
  readonly offset: number | 'latest' | undefined
  /** The log that the offset is of; `undefined`: whichever there is. */
  readonly log: string | undefined
  /** Names of events; `undefined`: all. */
  readonly events: ReadonlySet<string> | undefined
  /** Names of instances, on `/`; `undefined`: all. */
  readonly instances: ReadonlySet<string> | undefined
}

export type ReadSubscription =
  | { readonly status: 'valid'; readonly subscription: Subscription }
  | { readonly status: 'invalid'; readonly message: string }

const MAX_EVENTS = 200
const MAX_INSTANCES = 200

/** Reads `auth` of a handshake; says what is wrong with the first field that does not fit. */
export function readSubscription(
  namespace: string,
  auth: Record<string, unknown>,
  catalogue: EventCatalogue
): ReadSubscription {
  try {
    const { offset, log, events, instances } = auth
    if (instances !== undefined && instances !== null && namespace !== '/') {
      return invalid('auth.instances: only / carries more than one instance; leave it out here')
    }
    const keys = texts('events', events, MAX_EVENTS)
    return {
      status: 'valid',
      subscription: {
        offset: readOffset(offset),
        log: readLog(log),
        events: keys && new Set(catalogue.resolve([...keys], 'auth.events').keys.map((key) => catalogue.get(key).name)),
        instances: instanceNames(instances)
      }
    }
  } catch (error) {
    // What is thrown here is ours: of the catalogue, or of the functions below.
    const { messages: [first] = [], message } = error as InstanceEventsError
    return invalid(first ?? message)
  }
}

/** Browsers keep offsets as text; `null` is what they have when there is none. */
function readOffset(value: unknown): Subscription['offset'] {
  if (value === undefined || value === null) return undefined
  if (value === 'latest') return 'latest'
  const offset = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset
  throw new TypeError(
    'auth.offset: takes the offset of the last event that you have (a whole number from 0), or "latest"'
  )
}

function readLog(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new TypeError('auth.log: takes the "log" of the last "resumed" that you got')
}

/** An empty list is all, as in selections. */
function texts(field: string, value: unknown, max: number): ReadonlySet<string> | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length > max || !value.every((entry) => typeof entry === 'string')) {
    throw new TypeError(`auth.${field}: takes a list of at most ${max} names`)
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
