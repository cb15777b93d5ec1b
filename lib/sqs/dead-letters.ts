import { DeadLetterNotFoundError, ValidationError } from '../errors.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetterStore } from '../store/dead-letter-store.ts'
import { withMessages } from '../error-class.ts'
import { plainTextFault } from '../text/plain-text.ts'

/** Dead letters that one transaction takes. */
const CHUNK = 500

/** Deliveries that were given up on: to look at, to send again, to forget. */
export class DeadLetters {
  readonly #store: DeadLetterStore

  constructor(store: DeadLetterStore) {
    this.#store = store
  }

  /** By ascending id. @throws {ValidationError} a filter that no dead letter can have */
  async read(page: DeadLetterPage): Promise<DeadLetter[]> {
    assertFilter(page)
    return this.#store.read(page)
  }

  /**
   * Sends them again, under their old ids. What dies once more is a new dead letter.
   * @returns how many @throws {DeadLetterNotFoundError} for an id that is not there; then none is touched
   */
  async redrive(filter: DeadLetterFilter): Promise<number> {
    return this.#each(filter, (page) => this.#store.redrive(page))
  }

  /** Forgets them. @returns how many @throws {DeadLetterNotFoundError} for an id that is not there; then none is touched */
  async discard(filter: DeadLetterFilter): Promise<number> {
    return this.#each(filter, (page) => this.#store.discard(page))
  }

  /** Goes through what is there now, some at a time. */
  async #each(filter: DeadLetterFilter, take: (page: DeadLetterPage) => Promise<DeadLetter[]>): Promise<number> {
    assertFilter(filter)
    await this.#assertThere(filter)
    const { lastId: upTo } = await this.#store.count()
    let total = 0
    let after = 0
    for (;;) {
      const letters = await take({ ...filter, after, upTo, limit: CHUNK })
      total += letters.length
      after = letters.at(-1)?.id ?? after
      if (letters.length < CHUNK) return total
    }
  }

  async #assertThere({ ids }: DeadLetterFilter): Promise<void> {
    if (!ids) return
    const there = new Set((await this.read({ ids, after: 0, limit: ids.length })).map(({ id }) => id))
    const missing = ids.filter((id) => !there.has(id))
    const messages = missing.map((id) => new DeadLetterNotFoundError(String(id)).message)
    if (missing.length > 0) throw withMessages(new DeadLetterNotFoundError(missing.join(', ')), messages)
  }
}

function assertFilter({ instance = '', queue = '', reason = '' }: DeadLetterFilter): void {
  for (const [field, text] of Object.entries({ instance, queue, reason })) {
    const fault = plainTextFault(field, text)
    if (fault !== undefined) throw new ValidationError(fault)
  }
}
