import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKeys, TokenHolder } from '../instances/api-keys.ts'
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
import { BLOCKED, type WrongKeys } from '../instances/wrong-keys.ts'
import type { AllowedHosts } from './allowed-hosts.ts'
import { NO_GLOBAL_EVENTS, type Notice } from './notice.ts'
import { readSubscription, type Subscription } from './subscription.ts'

/** The handshake of a socket: `socket.handshake` of Socket.IO. */
export interface Handshake {
  auth: Record<string, unknown>
  headers: IncomingHttpHeaders
  query: Record<string, unknown>
}

export interface Admitted {
  readonly status: 'admitted'
  /** The only instance whose events the socket may see; `undefined`: all, on `/`. */
  readonly instance: Instance | undefined
  /** The holder of the token that authorized it; `undefined` for the global key and allowed hosts. */
  readonly tokenOf: TokenHolder | undefined
  readonly subscription: Subscription
  /** Sent to the socket once: it is on `/`, which carries no events. */
  readonly notice?: Notice
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
  /** Milliseconds after which the client may try again. */
  readonly retryAfterMs?: number
}

/** A socket that asks for a namespace. */
export interface Attempt {
  namespace: string
  handshake: Handshake
  /** Address of the TCP peer. */
  peer: string | undefined
}

type Allowed = Omit<Admitted, 'subscription'>

/** Milliseconds after which a socket over a limit may try again. Random, so that not all of them return at once. */
const TOO_MANY_RETRY_MS = { min: 10_000, max: 20_000 }

/** Returns the refusal of a socket that is over a limit. */
export function tooMany(message: string): Refused {
  const { min, max } = TOO_MANY_RETRY_MS
  const retryAfterMs = Math.round(min + Math.random() * (max - min))
  return { ...refused(WS_TOO_MANY_SOCKETS, message), retryAfterMs }
}

export interface AdmissionOptions {
  keys: ApiKeys
  instances: InstanceDirectory
  allowedHosts: AllowedHosts
  /** Returns the catalogue of the events that an instance, or any instance if `undefined`, may have. */
  catalogueOf: (instance: string | undefined) => EventCatalogue
  wrongKeys: WrongKeys
  /** True if `/` carries events. */
  globalEvents: boolean
}

/** Decides which sockets may enter which namespace, from memory alone. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /**
   * Decides on a socket that connects: the same as `decide`, and wrong keys are counted and limited.
   * @param address the address whose wrong keys count together
   */
  admit(attempt: Attempt, address: string): Admitted | Refused {
    const { wrongKeys } = this.#options
    const key = keyOf(attempt.handshake)
    const retryAfterMs = key === undefined ? 0 : wrongKeys.blockedMs(address)
    if (retryAfterMs > 0) return { status: 'refused', code: WS_RATE_LIMITED, message: BLOCKED, retryAfterMs }
    const decision = this.decide(attempt)
    if (decision === UNAUTHORIZED && key !== undefined) wrongKeys.count(address, key)
    return decision === UNAUTHORIZED && key === undefined ? KEYLESS : decision
  }

  /** Decides whether a socket may be in a namespace now. */
  decide({ namespace, handshake, peer }: Attempt): Admitted | Refused {
    const allowed = this.#allow(namespace, handshake, peer)
    if (allowed.status === 'refused') return allowed
    if (allowed.notice) return { ...allowed, subscription: NOTHING }
    const read = readSubscription(namespace, handshake.auth, this.#options.catalogueOf(allowed.instance?.name))
    return read.status === 'invalid'
      ? refused(WS_INVALID, read.message)
      : { ...allowed, subscription: read.subscription }
  }

  /** True if a namespace is that of a known instance. */
  isOfInstance(namespace: string): boolean {
    const name = instanceOf(namespace)
    return name !== undefined && this.#options.instances.get(name) !== undefined
  }

  #allow(namespace: string, handshake: Handshake, peer: string | undefined): Allowed | Refused {
    const { keys, allowedHosts, instances, globalEvents } = this.#options
    const key = keyOf(handshake)
    const identity = keys.identify(key)
    const seesAll = identity?.kind === 'global' || (key === undefined && allowedHosts.includes(peer, handshake.headers))
    const tokenOf = identity?.kind === 'instance' ? identity : undefined
    const own = tokenOf?.instance

    if (namespace === '/') {
      if (!seesAll && !own) return UNAUTHORIZED
      // Admitted all the same: python-socketio fails as a whole if one of its namespaces is refused.
      return { status: 'admitted', instance: own, tokenOf, ...(!globalEvents && { notice: NO_GLOBAL_EVENTS }) }
    }

    const name = instanceOf(namespace)
    // The same answer for a missing instance, so that a client without its key cannot tell whether it exists.
    if (name === undefined || (!seesAll && own?.name !== name)) return UNAUTHORIZED
    const instance = instances.get(name)
    if (!instance) return refused(WS_NOT_SET, `There is no instance "${name}": check the name`)
    const selection = instance.selections.websocket
    if (!selection) {
      return refused(
        WS_NOT_SET,
        `No events are selected for "${name}": POST /websocket/set/${encodeURIComponent(name)} first`
      )
    }
    if (!selection.enabled) return refused(WS_DISABLED, `The websocket transport is switched off for "${name}"`)
    return { status: 'admitted', instance, tokenOf }
  }
}

const UNAUTHORIZED = refused(
  WS_UNAUTHORIZED,
  'The key does not authorize this namespace: pass auth: { apikey } with the global key or the token of this instance'
)

/** The refusal of a client that sent no key. */
export const KEYLESS = refused(
  WS_UNAUTHORIZED,
  'No key was sent: pass it as auth: { apikey }, in the header apikey or Authorization: Bearer, or as ?apikey='
)

const NOTHING: Subscription = {
  offset: undefined,
  log: undefined,
  events: undefined,
  instances: undefined,
  filter: undefined
}

function refused(code: Refused['code'], message: string): Refused {
  return { status: 'refused', code, message }
}

/**
 * Returns the key of a handshake: `apikey` of `auth`, the headers or the query, else where other clients have it. The first one
 * that is present counts, also if it is no text: then it is a wrong key.
 */
function keyOf({ auth, headers, query }: Handshake): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  for (const key of [auth.apikey, headers.apikey, query.apikey, auth.token, auth.apiKey, bearer]) {
    if (key !== undefined && key !== null && key !== '') return typeof key === 'string' ? key : NO_KEY
  }
  return undefined
}

/** A wrong key for certain: no token and no global key contains a line break. */
const NO_KEY = '\n'

/**
 * Returns the instance name of a namespace: the part after the slash, plain or percent-encoded as browsers and
 * `encodeURIComponent` do it. `undefined` for any other spelling: each one that is admitted is a namespace of its own, with its
 * own copies of every event.
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
