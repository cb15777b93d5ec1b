/** Different values that are kept. Beyond, all are forgotten: those in use stay, and equal ones that come later are new. */
const MAX_VALUES = 10_000

/** Objects and arrays by their JSON text, each in memory once. They cannot be changed. */
export class SharedValues<T extends object> {
  readonly #byJson = new Map<string, T>()

  /** Returns the one value that is equal to this one. */
  of(value: T): T {
    return this.ofJson(JSON.stringify(value))
  }

  /** Returns the value that a JSON text writes. */
  ofJson(json: string): T {
    let value = this.#byJson.get(json)
    if (!value) {
      if (this.#byJson.size >= MAX_VALUES) this.#byJson.clear()
      value = deepFreeze(JSON.parse(json) as T)
      this.#byJson.set(json, value)
    }
    return value
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFreeze(member)
  return Object.freeze(value)
}
