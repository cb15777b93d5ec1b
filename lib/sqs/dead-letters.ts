import { DeadLetterNotFoundError, ValidationError } from '../errors.ts'
import { saying } from '../message-code.ts'
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterGrouping,
  DeadLetterGroups,
  DeadLetterPage,
  DeadLetterStore,
  RedriveOutcome
} from '../store/dead-letter-store.ts'
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

  /** Dead letters by reason, queue and instance. @throws {ValidationError} the filter has text that no dead letter can have */
  async groups(grouping: DeadLetterGrouping): Promise<DeadLetterGroups> {
    assertFilter(grouping)
    return this.#store.groups(grouping)
  }

  /** Number of dead letters that fit. @throws {ValidationError} the filter has text that no dead letter can have */
  async count(filter: Omit<DeadLetterFilter, 'ids'>): Promise<number> {
    const isAll = Object.keys(filter).length === 0
    return isAll ? (await this.#store.count()).count : (await this.groups({ ...filter, limit: 1 })).count
  }

  /**
   * Makes them pending again: their events have their old ids. One that is given up again is a dead letter with the same id.
   * Resolves with their number. @throws {DeadLetterNotFoundError} an id does not exist; then none is changed
   */
  async redrive(filter: DeadLetterFilter): Promise<number> {
    return this.#each(filter, (page) => this.#store.redrive(page))
  }

  /** What became of dead letters that were redriven, in the order of the ids. */
  outcomes(ids: readonly number[]): Promise<RedriveOutcome[]> {
    return this.#store.outcomes(ids)
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
    if (missing.length === 0) return
    throw withMessages(
      new DeadLetterNotFoundError(missing.join(', ')),
      missing.map((id) => new DeadLetterNotFoundError(id).message),
      missing.map((id) => ({ code: 'IEV_DEAD_LETTER_NOT_FOUND', values: [String(id)] }))
    )
  }
}

function assertFilter({ instance = '', queue = '', reason = '' }: DeadLetterFilter): void {
  for (const [field, text] of Object.entries({ instance, queue, reason })) {
    const fault = plainTextFault(field, text)
    if (fault !== undefined) throw saying(new ValidationError(fault), { code: 'characters', field, values: [] })
  }
}
