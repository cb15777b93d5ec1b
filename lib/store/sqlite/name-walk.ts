import { MAX_COST, SEGMENT_COST } from './instance-walk.ts'
import { segmentOf, startOf } from './segment.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'

/** Looks for the instances that have had a name, by the index of each segment and an event of each instance. */
export class NameWalk {
  /** Keys of those that were found so far. */
  readonly keys: number[] = []
  readonly #sql: Statements
  readonly #segments: SqliteSegments
  readonly #name: string
  readonly #costs: Iterator<number>

  constructor({ sql, segments }: { sql: Statements; segments: SqliteSegments }, name: string) {
    this.#sql = sql
    this.#segments = segments
    this.#name = name
    this.#costs = this.#walk()
  }

  /** Looks for a limited time. @returns true once it has looked at the whole log */
  look(): boolean {
    for (let cost = 0; cost < MAX_COST;) {
      const { value, done } = this.#costs.next()
      if (done) return true
      cost += value
    }
    return false
  }

  /** Yields what each of its steps costs. */
  *#walk(): Generator<number, void> {
    const known = new Set<number>()
    // Segments without events have no index.
    const firstFrom = (at: number) => (this.#sql.firstFrom.get(at) as { offset: number | null }).offset
    for (let next = firstFrom(0); next !== null;) {
      const segment = segmentOf(next)
      next = firstFrom(startOf(segment + 1))
      yield SEGMENT_COST
      for (const key of this.#segments.instanceKeys(segment)) {
        if (known.has(key)) continue
        for (const offset of this.#segments.offsets(segment, key)) {
          yield 1
          const row = this.#sql.nameAt.get(offset)
          // It was pruned.
          if (!row) continue
          known.add(key)
          if (row.instance === this.#name) this.keys.push(key)
          break
        }
      }
    }
  }
}
