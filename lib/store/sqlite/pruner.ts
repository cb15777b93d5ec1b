import { hasGeneratedId } from '../../events/event-id.ts'
import type { SqlitePending } from './pending.ts'
import { segmentOf } from './segment.ts'
import type { SqliteSegments } from './segments.ts'
import type { Statements } from './statements.ts'
import type { PruneOptions } from '../log-store.ts'

/** Events that one step looks at. */
const CHUNK = 500

/** A row as `Statements.prune` returns it. */
type Removed = Record<'offset' | 'instance_key' | 'flags', number> & { id: string }

/** Removes old events in steps. Events with deliveries or dead letters stay; the next round begins at the oldest again. */
export class SqlitePruner {
  readonly #sql: Statements
  readonly #pending: SqlitePending
  readonly #segments: SqliteSegments
  #after = 0

  constructor({ sql, pending, segments }: { sql: Statements; pending: SqlitePending; segments: SqliteSegments }) {
    this.#sql = sql
    this.#pending = pending
    this.#segments = segments
  }

  /** One step, inside a transaction. `first`: the first segment of the log that is left. */
  step({ acceptedBefore, maxBytes }: PruneOptions): { removed: number; more: boolean; first: number } {
    const { pages, free, size } = this.#sql.space.get() as { pages: number; free: number; size: number }
    const tooLarge = (pages - free) * size > maxBytes
    const horizon = tooLarge ? Number.MAX_SAFE_INTEGER : acceptedBefore
    const now = Date.now()
    const chunk = this.#sql.oldest.all(this.#after, CHUNK) as { offset: number; accepted_at: number }[]
    const lastOld = chunk.findLast((row) => row.accepted_at < horizon)?.offset
    const removed = lastOld === undefined ? 0 : this.#remove(lastOld, horizon)
    // Events from before the clock was set back have times in the future: they do not hide old events behind them.
    const passed = chunk.every((row) => row.accepted_at < horizon || row.accepted_at > now)
    const more = passed && chunk.length === CHUNK
    this.#after = more ? (chunk.at(-1)?.offset as number) : 0
    return { removed, more, first: this.#removeSegments() }
  }

  #remove(upTo: number, horizon: number): number {
    const sql = this.#sql
    const pending = JSON.stringify([...this.#pending.offsetsBetween(this.#after, upTo)])
    const removed = sql.prune.all(this.#after, upTo, horizon, pending) as Removed[]
    for (const event of removed) if (!hasGeneratedId(event)) sql.deleteId.run(event.id, event.instance_key)
    if (removed.length > 0) sql.setPrunedTo.run(Math.max(...removed.map(({ offset }) => offset)))
    return removed.length
  }

  #removeSegments(): number {
    const { first } = this.#sql.firstOffset.get() as { first: number | null }
    const segment = first === null ? 0 : segmentOf(first)
    this.#segments.remove(segment)
    return segment
  }
}
