import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKeys } from '../instances/api-keys.ts'
import {
  WS_DISABLED,
  WS_INVALID,
  WS_NOT_SET,
  WS_RATE_LIMITED,
  WS_TOO_MANY_SOCKETS,
  WS_UNAUTHORIZED
} from '../errors.ts'
import type { EventCatalogue } from '../events/catalogue.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import type { AllowedHosts } from './allowed-hosts.ts'
import { readSubscription, type Subscription } from './subscription.ts'
import type { WrongKeys } from './wrong-keys.ts'

/** What a handshake brings: `socket.handshake` of Socket.IO. */
export interface Handshake {
  auth: Record<string, unknown>
  headers: IncomingHttpHeaders
  query: Record<string, unknown>
}

export interface Admitted {
  readonly status: 'admitted'
  /** The one instance it sees; `undefined` on `/` for those who see all. */
  readonly instance: Instance | undefined
  /** Whose token opened it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: Instance | undefined
  readonly subscription: Subscription
}

export interface Refused {
  readonly status: 'refused'
  readonly code:
    | typeof WS_UNAUTHORIZED
    | typeof WS_NOT_SET
    | typeof WS_DISABLED
    | typeof WS_INVALID
    | typeof WS_RATE_LIMITED
    | typeof WS_TOO_MANY_SOCKETS
  readonly message: string
  /** When it may try again, in milliseconds from now. */
  readonly retryAfterMs?: number
}

/** A socket that asks to be let in. */
export interface Attempt {
  namespace: string
  handshake: Handshake
  /** The TCP peer. */
  peer: string | undefined
}

type Allowed = Omit<Admitted, 'subscription'>

/** Milliseconds after which a socket that was one too many may try again: all that were do not come back at once. */
const TOO_MANY_RETRY_MS = { min: 10_000, max: 20_000 }

/** The refusal of a socket that is one too many. */
export function tooMany(message: string): Refused {
  const { min, max } = TOO_MANY_RETRY_MS
  const retryAfterMs = Math.round(min + Math.random() * (max - min))
  return { ...refused(WS_TOO_MANY_SOCKETS, message), retryAfterMs }
}

export interface AdmissionOptions {
  keys: ApiKeys
  instances: InstanceDirectory
  allowedHosts: AllowedHosts
  catalogue: EventCatalogue
  wrongKeys: WrongKeys
  /** Whether `/` carries events. */
  globalEvents: boolean
}

/** Decides who may listen to which namespace, from what is in memory. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * Decides on someone who comes in: as `decide`, and wrong keys are counted.
   * @param address whose wrong keys count together
   */
  admit(attempt: Attempt, address: string): Admitted | Refused {
    const { wrongKeys } = this.#options
    const key = keyOf(attempt.handshake)
    const retryAfterMs = key === undefined ? 0 : wrongKeys.blockedMs(address)
    if (retryAfterMs > 0) {
      const message = 'Too many wrong keys came from this address: no key of it is looked at for a while'
      return { status: 'refused', code: WS_RATE_LIMITED, message, retryAfterMs }
    }
    const decision = this.decide(attempt)
    if (decision === UNAUTHORIZED && key !== undefined) wrongKeys.count(address, key)
    return decision
  }

  decide({ namespace, handshake, peer }: Attempt): Admitted | Refused {
    const allowed = this.#allow(namespace, handshake, peer)
    if (allowed.status === 'refused') return allowed
    const read = readSubscription(namespace, handshake.auth, this.#options.catalogue)
    return read.status === 'invalid'
      ? refused(WS_INVALID, read.message)
      : { ...allowed, subscription: read.subscription }
  }

  /** Whether a namespace is that of an instance that there is. */
  isOfInstance(namespace: string): boolean {
    const name = instanceOf(namespace)
    return name !== undefined && this.#options.instances.get(name) !== undefined
  }

  #allow(namespace: string, handshake: Handshake, peer: string | undefined): Allowed | Refused {
    const { keys, allowedHosts, instances, globalEvents } = this.#options
    const key = keyOf(handshake)
    const identity = keys.identify(key)
    const seesAll = identity?.kind === 'global' || (key === undefined && allowedHosts.includes(peer, handshake.headers))
    const own = identity?.kind === 'instance' ? identity.instance : undefined

    if (namespace === '/') {
      if (!seesAll && !own) return UNAUTHORIZED
      if (!globalEvents)
        return refused(WS_DISABLED, 'Global events are switched off on this server: connect to /<instance>')
      return { status: 'admitted', instance: own, tokenOf: own }
    }

    const name = instanceOf(namespace)
    // Whoever has no key for it cannot tell a missing instance from a closed one.
    if (name === undefined || (!seesAll && own?.name !== name)) return UNAUTHORIZED
    const instance = instances.get(name)
    const selection = instance?.selections.websocket
    if (!instance || !selection) {
      return refused(
        WS_NOT_SET,
        `No events are selected for "${name}": POST /websocket/set/${encodeURIComponent(name)} first`
      )
    }
    if (!selection.enabled) return refused(WS_DISABLED, `The websocket transport is switched off for "${name}"`)
    return { status: 'admitted', instance, tokenOf: own }
  }
}

const UNAUTHORIZED = refused(
  WS_UNAUTHORIZED,
  'The key does not authorize this namespace: pass auth: { apikey } with the global key or the token of this instance'
)

function refused(code: Refused['code'], message: string): Refused {
  return { status: 'refused', code, message }
}

/**
 * The key of a handshake: `auth.apikey`, else the header, else the query. The first one there counts; what is no text is
 * nobody's key.
 */
function keyOf({ auth, headers, query }: Handshake): string | undefined {
  for (const key of [auth.apikey, headers.apikey, query.apikey]) {
    if (key !== undefined && key !== null && key !== '') return typeof key === 'string' ? key : NO_KEY
  }
  return undefined
}

/** No token and no global key contains a line break. */
const NO_KEY = '\n'

/**
 * The instance of a namespace: what follows the slash, as it is or percent-encoded as browsers and `encodeURIComponent` do.
 * `undefined`: it is no name. Other spellings are none either: each that is admitted is a namespace with its own copies.
 */
function instanceOf(namespace: string): string | undefined {
  const written = namespace.slice(1)
  try {
    const name = decodeURIComponent(written)
    return [name, encodeURI(name), encodeURIComponent(name)].includes(written) ? name : undefined
  } catch {
    return undefined
  }
}
