import { timingSafeEqual } from 'node:crypto'
import type { InstanceDirectory } from './directory.ts'
import { hasToken, type Instance } from './instance.ts'
import { digestOf, hashToken } from './token-digest.ts'

/** The holder of a token. */
export interface TokenHolder {
  readonly kind: 'instance'
  readonly instance: Instance
  /** The digest of the token: the current one of the instance, or its former one. */
  readonly digest: string
}

/** The holder of a key. */
export type Identity = { readonly kind: 'global' } | TokenHolder

/** A key that came with a request. */
export interface Presented {
  /** The connection: one of a proxy has requests of many clients. */
  connection: object
  /** Address of the client. */
  address: string
  key: string
}

export interface ApiKeysOptions {
  globalKey: string | undefined
  /** The previous global key, accepted as well while clients change to the new one. */
  previousKey: string | undefined
  instances: InstanceDirectory
}

/** Identifies keys: the global key and the tokens of instances. A key is compared by its digest, in the same time for every key. */
export class ApiKeys {
  readonly #globalHashes: readonly Buffer[]
  readonly #instances: InstanceDirectory
  readonly #last = new WeakMap<object, { key: string; address: string; identity: Identity }>()

  constructor({ globalKey, previousKey, instances }: ApiKeysOptions) {
    const globalKeys = [globalKey, previousKey].filter((key) => key !== undefined)
    this.#globalHashes = globalKeys.map(hashToken)
    this.#instances = instances
    for (const key of globalKeys) instances.reserveToken(key)
  }

  /**
   * The holder of the key with which a client was identified last on a connection, without hashing it again;
   * `undefined` for another key or client, and once the directory has another record of the instance, as after each
   * change of a token. Only a connection's own last key is compared as text.
   */
  knownOn({ connection, address, key }: Presented): Identity | undefined {
    const last = this.#last.get(connection)
    const isKnown = last?.key === key && last.address === address && this.#isCurrent(last.identity)
    return isKnown ? last.identity : undefined
  }

  /** The same as `identify`; the holder is known on the connection from then on. */
  identifyOn({ connection, address, key }: Presented): Identity | undefined {
    const identity = this.identify(key)
    if (identity) this.#last.set(connection, { key, address, identity })
    else this.forgetOn(connection)
    return identity
  }

  /** Forgets the last key of a connection. */
  forgetOn(connection: object): void {
    this.#last.delete(connection)
  }

  /** The holder of a key; `undefined` for an unknown or empty one. */
  identify(key: string | undefined): Identity | undefined {
    if (key === undefined || key === '') return undefined
    const hash = hashToken(key)
    const isGlobal = this.#globalHashes.filter((globalHash) => timingSafeEqual(globalHash, hash)).length > 0
    if (isGlobal) return { kind: 'global' }
    const instance = this.#instances.findByToken(key)
    return instance && { kind: 'instance', instance, digest: digestOf(hash) }
  }

  /**
   * True if the key of this holder is still valid. Its instance may have another record by now; another instance with the same
   * name is not its own.
   */
  isStillValid(identity: Identity): boolean {
    if (this.#isCurrent(identity)) return true
    const { instance, digest } = identity as TokenHolder
    const now = this.#instances.get(instance.name)
    return now?.key === instance.key && hasToken(now, digest)
  }

  #isCurrent(identity: Identity): boolean {
    return identity.kind === 'global' || this.#instances.get(identity.instance.name) === identity.instance
  }
}
