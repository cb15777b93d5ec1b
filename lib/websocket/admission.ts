import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKeys } from '../api-keys.ts'
import { WS_DISABLED, WS_NOT_SET, WS_UNAUTHORIZED } from '../errors.ts'
import type { InstanceDirectory } from '../store/instances.ts'
import type { Instance } from '../store/types.ts'
import type { AllowedHosts } from './allowed-hosts.ts'

/** What a handshake brings: `socket.handshake` of Socket.IO, and the TCP peer. */
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
}

export interface Refused {
  readonly status: 'refused'
  readonly code: typeof WS_UNAUTHORIZED | typeof WS_NOT_SET | typeof WS_DISABLED
  readonly message: string
}

export interface AdmissionOptions {
  keys: ApiKeys
  instances: InstanceDirectory
  allowedHosts: AllowedHosts
  /** Whether `/` carries events. */
  globalEvents: boolean
}

/** Decides who may listen to which namespace, from what is in memory. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  decide(namespace: string, handshake: Handshake, peer: string | undefined): Admitted | Refused {
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
  'The key does not open this namespace: pass auth: { apikey } with the global key or the token of this instance'
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
