import { timingSafeEqual } from 'node:crypto'
import type { InstanceDirectory } from './directory.ts'
import { hashToken } from './memory-directory.ts'
import type { Instance } from './instance.ts'

/** The holder of a key. */
export type Identity = { readonly kind: 'global' } | { readonly kind: 'instance'; readonly instance: Instance }

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
  readonly #last = new WeakMap<object, { key: string; identity: Identity }>()

  constructor({ globalKey, previousKey, instances }: ApiKeysOptions) {
    const globalKeys = [globalKey, previousKey].filter((key) => key !== undefined)
    this.#globalHashes = globalKeys.map(hashToken)
    this.#instances = instances
    for (const key of globalKeys) instances.reserveToken(key)
  }

  /** Returns true for the global key and the previous one. */
  isGlobal(key: string): boolean {
    const hash = hashToken(key)
    return this.#globalHashes.filter((globalHash) => timingSafeEqual(globalHash, hash)).length > 0
  }

  /**
   * The same as `identify`, without hashing the key again that a connection sent last: until the directory has another
   * record of its instance, as after each change of a token. Only a connection's own last key is compared as text.
   */
  identifyOn(connection: object, key: string): Identity | undefined {
    const last = this.#last.get(connection)
    if (last?.key === key && this.#isCurrent(last.identity)) return last.identity
    const identity = this.identify(key)
    if (identity) this.#last.set(connection, { key, identity })
    return identity
  }

  /** The holder of a key; `undefined` for an unknown or empty one. */
  identify(key: string | undefined): Identity | undefined {
    if (key === undefined || key === '') return undefined
    if (this.isGlobal(key)) return { kind: 'global' }
    const instance = this.#instances.findByToken(key)
    return instance && { kind: 'instance', instance }
  }

  #isCurrent(identity: Identity): boolean {
    return identity.kind === 'global' || this.#instances.get(identity.instance.name) === identity.instance
  }
}
