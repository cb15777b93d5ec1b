/** A set that returns its oldest member. Each method takes constant time, also when many members were removed before. */
export class FifoSet<T> {
  readonly #members = new Set<T>()
  /** Has passed the members that were removed: an iterator that begins at the front passes them again each time. */
  readonly #rest = this.#members.values()
  #first: T | undefined

  /** The member that was added first; `undefined` if there is none. */
  get first(): T | undefined {
    if (this.#first === undefined && this.#members.size > 0) this.#first = this.#rest.next().value
    return this.#first
  }

  add(member: T): void {
    this.#members.add(member)
  }

  delete(member: T): void {
    this.#members.delete(member)
    // Added again, it is the last.
    if (member === this.#first) this.#first = undefined
  }
}
