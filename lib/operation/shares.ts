import type { DeadLetterGroups } from '../store/dead-letter-store.ts'
import type { PendingShares } from '../store/delivery-store.ts'
import type { EventStore } from '../store/event-store.ts'

/** Numbers of dead letters; those without any are missing. */
export interface DeadLetterShares {
  readonly byQueue: ReadonlyMap<string, number>
  /** By name of instance. */
  readonly byInstance: ReadonlyMap<string, number>
}

/** Pending deliveries and dead letters, by queue and by instance. */
export interface ReadShares {
  readonly pending: PendingShares
  readonly deadLetters: DeadLetterShares
}

/** Groups of dead letters that are read, at most. */
const MAX_GROUPS = 1_000_000

/** Milliseconds for which a result is reused at least, and the rest as a multiple of the time that reading takes. */
const FRESH_MS = 1_000
const REST = 20

/** Reads what is pending and dead by queue and by instance; rarely enough that watching a large backlog does not cost much. */
export class Shares {
  readonly #store: Pick<EventStore, 'deliveries' | 'deadLetters'>
  #latest: Promise<ReadShares> | undefined
  #freshUntil = -Infinity

  constructor(store: Pick<EventStore, 'deliveries' | 'deadLetters'>) {
    this.#store = store
  }

  /** @throws the database cannot be read */
  read(): Promise<ReadShares> {
    if (!this.#latest || performance.now() >= this.#freshUntil) {
      // Nobody begins another one meanwhile.
      this.#freshUntil = Infinity
      this.#latest = this.#read(performance.now())
    }
    return this.#latest
  }

  async #read(begun: number): Promise<ReadShares> {
    const { deliveries, deadLetters } = this.#store
    try {
      const [pending, groups] = await Promise.all([deliveries.shares(), deadLetters.groups({ limit: MAX_GROUPS })])
      this.#freshUntil = performance.now() + Math.max(FRESH_MS, (performance.now() - begun) * REST)
      return { pending, deadLetters: sharesOf(groups) }
    } catch (error) {
      this.#latest = undefined
      throw error
    }
  }
}

function sharesOf({ groups, queues }: DeadLetterGroups): DeadLetterShares {
  const byInstance = new Map<string, number>()
  for (const { instance, count } of groups) byInstance.set(instance, (byInstance.get(instance) ?? 0) + count)
  return { byQueue: new Map(queues.map(({ name, count }) => [name, count])), byInstance }
}
