import type { Instance } from '../instances/instance.ts'
import type { LogSubscriber } from '../store/log-store.ts'
import type { Listener } from './listener.ts'

/** All listeners, live or not, by the instance that they see and by the token that authorized them. */
export class Listeners {
  readonly #all = new Set<Listener>()
  /** By the key of the instance that they see; `undefined`: those that see all. */
  readonly #byInstance = new Map<number | undefined, Set<Listener>>()
  /** Number of listeners by the key of the instance whose token authorized them. */
  readonly #byToken = new Map<number, number>()

  get size(): number {
    return this.#all.size
  }

  /** The events that have listeners. */
  get interest(): ReturnType<LogSubscriber['interest']> {
    return {
      all: this.#byInstance.has(undefined),
      instanceKeys: this.#byInstance.keys().filter((key) => key !== undefined)
    }
  }

  /** Returns the listeners that see this instance alone. */
  of(instanceKey: number): Iterable<Listener> {
    return this.#byInstance.get(instanceKey) ?? []
  }

  /** Returns the number of listeners that the token of this instance authorized. */
  countByToken({ key }: Instance): number {
    return this.#byToken.get(key) ?? 0
  }

  add(listener: Listener): void {
    this.#all.add(listener)
    const { instanceKey } = listener.scope
    this.#byInstance.set(instanceKey, (this.#byInstance.get(instanceKey) ?? new Set()).add(listener))
    const { tokenOf } = listener
    if (tokenOf) this.#byToken.set(tokenOf.key, this.countByToken(tokenOf) + 1)
  }

  remove(listener: Listener): void {
    this.#all.delete(listener)
    const { instanceKey } = listener.scope
    const others = this.#byInstance.get(instanceKey)
    others?.delete(listener)
    if (others?.size === 0) this.#byInstance.delete(instanceKey)
    const { tokenOf } = listener
    if (!tokenOf) return
    const left = this.countByToken(tokenOf) - 1
    if (left > 0) this.#byToken.set(tokenOf.key, left)
    else this.#byToken.delete(tokenOf.key)
  }
}
