import { DeadLetterNotFoundError, ValidationError } from '../errors.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetterStore } from '../store/dead-letter-store.ts'
import { withMessages } from '../error-class.ts'
import { plainTextFault } from '../text/plain-text.ts'

/** Dead letters of one transaction. */
const CHUNK = 500

/** Reads, redrives and discards deliveries that were given up on. */
export class DeadLetters {
  readonly #store: DeadLetterStore

  constructor(store: DeadLetterStore) {
    this.#store = store
  }

  /** Dead letters by ascending id. @throws {ValidationError} the filter has text that no dead letter can have */
  async read(page: DeadLetterPage): Promise<DeadLetter[]> {
    assertFilter(page)
    return this.#store.read(page)
  }

  /**
   * Makes them pending again, under their old ids. An event that is given up on once more becomes a new dead letter.
   * Resolves with their number. @throws {DeadLetterNotFoundError} an id does not exist; then none is changed
   */
  async redrive(filter: DeadLetterFilter): Promise<number> {
    return this.#each(filter, (page) => this.#store.redrive(page))
  }

  /** Deletes them. Resolves with their number. @throws {DeadLetterNotFoundError} an id does not exist; then all stay */
  async discard(filter: DeadLetterFilter): Promise<number> {
    return this.#each(filter, (page) => this.#store.discard(page))
  }

  /** Applies `take` to the dead letters that exist now, some at a time. */
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
