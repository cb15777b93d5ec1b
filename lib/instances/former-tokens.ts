import type { FormerToken, Instance } from './instance.ts'

/** Longest rest until the system's clock is read again: it may have been set. */
const MAX_REST_MS = 60_000

/** Returns true if the time of a former token is over. */
export function isOver(formerToken: FormerToken | null): boolean {
  return formerToken !== null && formerToken.until.getTime() <= Date.now()
}

/** The clock of former tokens: tells when the time of each is over. */
export class FormerTokens {
  readonly #ended: (name: string) => void
  /** By the names of their instances. */
  readonly #timers = new Map<string, NodeJS.Timeout>()

  /** @param ended called with the name of an instance when the time of its former token is over */
  constructor(ended: (name: string) => void) {
    this.#ended = ended
  }

  /** Follows the former token of this record, and no longer that of an earlier record of the instance. */
  put({ name, formerToken }: Instance): void {
    this.drop({ name })
    if (formerToken) this.#wait(name, formerToken)
  }

  drop({ name }: Pick<Instance, 'name'>): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
  }

  close(): void {
    for (const name of this.#timers.keys()) this.drop({ name })
  }

  #wait(name: string, formerToken: FormerToken): void {
    const restMs = Math.min(formerToken.until.getTime() - Date.now(), MAX_REST_MS)
    const timer = setTimeout(() => {
      if (!isOver(formerToken)) return this.#wait(name, formerToken)
      this.#timers.delete(name)
      this.#ended(name)
    }, restMs)
    this.#timers.set(name, timer)
  }
}
