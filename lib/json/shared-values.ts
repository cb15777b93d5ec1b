/**
 * Maximum number of values in the table, which is emptied when full: values in use stay valid, but are not shared with
 * later ones.
 */
const MAX_VALUES = 10_000

/** Keeps equal objects and arrays in memory once, frozen, by their JSON text. */
export class SharedValues<T extends object> {
  readonly #byJson = new Map<string, T>()
  readonly #shared = new WeakSet<T>()

  /** True for a value that was returned by this table. */
  has(value: T): boolean {
    return this.#shared.has(value)
  }

  /** Returns the shared value that is equal to this one. */
  of(value: T): T {
    return this.ofJson(JSON.stringify(value))
  }

  /** Returns the shared value of a JSON text. */
  ofJson(json: string): T {
    let value = this.#byJson.get(json)
    if (!value) {
      if (this.#byJson.size >= MAX_VALUES) this.#byJson.clear()
      value = deepFreeze(JSON.parse(json) as T)
      this.#byJson.set(json, value)
      this.#shared.add(value)
    }
    return value
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member)
  return Object.freeze(value)
}
