import { hasGeneratedId } from '../../events/event-id.ts'
import { shareLevel } from '../share-level.ts'
import type { SqliteDamage } from './damage.ts'
import type { SqliteParts } from './parts.ts'
import type { SqlitePending } from './pending.ts'
import type { SqliteRetained } from './retained.ts'
import { segmentOf, startOf } from './segment.ts'
import type { SqliteSegments } from './segments.ts'
import { headOf, type Statements } from './statements.ts'

/** Events that one step removes, and segments of the log that it looks through. */
const CHUNK = 500
const SEGMENTS = 16

/** An event that was removed. */
export type Removed = Record<'offset' | 'instance_key' | 'flags' | 'size', number> & {
  id: string
  parts: number | null
}

export interface SharePrunerOptions {
  sql: Statements
  damage: SqliteDamage
  parts: SqliteParts
  pending: SqlitePending
  segments: SqliteSegments
  retained: SqliteRetained
}

/** The result of a step. */
export type ShareStep =
  /** The log is not too large, or nothing else can be removed. */
  | { readonly status: 'done' }
  /** The file is damaged: it is not known what instances hold. */
  | { readonly status: 'unknown' }
  | { readonly status: 'looked'; readonly removed: number }

/** A walk through the log that removes events of instances which hold too much. */
interface Walk {
  /** Instances that held more than `level` bytes when it began: each is left with so much. */
  readonly over: ReadonlySet<number>
  readonly level: number
  /** Offset after which it looks next. */
  after: number
  /** True if it also looks at events before those that were removed: pending ones that stayed may be sent by now. */
  readonly again: boolean
}

/**
 * Removes events of the instances that hold most of a log that is too large, the oldest first, in steps. Its methods run
 * inside a transaction. An instance of which only pending events and dead letters are left does not count until the end
 * of the round: what it holds is not made up for by events of others.
 */
export class SqliteSharePruner {
  readonly #options: SharePrunerOptions
  #walk: Walk | undefined
  /** Instances of which nothing else can be removed, and what they hold. */
  #except = new Set<number>()
  #held = 0

  constructor(options: SharePrunerOptions) {
    this.#options = options
  }

  /** @param excess bytes by which the log is too large */
  step(excess: number): ShareStep {
    if (excess - this.#held <= 0) return { status: 'done' }
    const { damage } = this.#options
    if (damage.suspected) return { status: 'unknown' }
    this.#walk ??= this.#begin(excess - this.#held)
    const walk = this.#walk
    if (!walk) return { status: 'done' }
    const removed = damage.attempt(() => this.#look(walk, excess - this.#held))
    return removed === undefined ? { status: 'unknown' } : { status: 'looked', removed }
  }

  /** The next step begins another round. */
  endRound(): void {
    this.#walk = undefined
    this.#except = new Set()
    this.#held = 0
  }

  /** Notes that an event was removed. @param prunedTo its offset, if its instance held too much */
  removed({ instance_key: instanceKey, id, flags, size, parts: key }: Removed, prunedTo?: number): void {
    const { sql, retained, parts } = this.#options
    retained.reduce({ instanceKey, size }, prunedTo)
    if (!hasGeneratedId({ id, flags })) sql.deleteId.run(id, instanceKey)
    if (key !== null) parts.loosen(key)
  }

  #begin(excess: number): Walk | undefined {
    const shares = [...this.#options.retained.all()].filter(({ instanceKey }) => !this.#except.has(instanceKey))
    const held = shares.map(({ bytes }) => bytes)
    const level = shareLevel(held, excess)
    const over = new Set(shares.filter(({ bytes }) => bytes > level).map(({ instanceKey }) => instanceKey))
    return over.size === 0 ? undefined : { over, level, after: 0, again: false }
  }

  /** @returns the number of events that were removed */
  #look(walk: Walk, excess: number): number {
    const { sql } = this.#options
    const head = headOf(sql)
    let removed = 0
    let freed = 0
    for (let looked = 0; looked < SEGMENTS && removed < CHUNK && freed < excess && walk.after < head; looked++) {
      // Segments without events have no index.
      const { offset } = sql.firstFrom.get(walk.after + 1) as { offset: number | null }
      const segment = segmentOf(offset ?? head)
      const step = this.#lookAt(segment, walk, { count: CHUNK - removed, bytes: excess - freed })
      removed += step.removed
      freed += step.freed
      walk.after = step.next ?? Math.min(head, startOf(segment + 1) - 1)
    }
    if (walk.after >= head) this.#end(walk)
    return removed
  }

  #lookAt(segment: number, walk: Walk, wanted: { count: number; bytes: number }) {
    const { pending, retained } = this.#options
    const offsets = this.#offsets(segment, walk)
    const kept = offsets.length === 0 ? undefined : pending.offsetsBetween(walk.after, startOf(segment + 1) - 1)
    let removed = 0
    let freed = 0
    for (const { offset, instanceKey } of offsets) {
      if (removed >= wanted.count || freed >= wanted.bytes) return { removed, freed, next: offset - 1 }
      if (retained.bytes(instanceKey) <= walk.level || kept?.has(offset)) continue
      const gone = this.#remove(offset)
      removed += gone ? 1 : 0
      freed += gone?.size ?? 0
    }
    return { removed, freed }
  }

  /** Where a segment may have events to remove, ascending. */
  #offsets(segment: number, { over, level, after, again }: Walk) {
    const { retained, segments } = this.#options
    const found: { offset: number; instanceKey: number }[] = []
    for (const instanceKey of segments.instanceKeys(segment)) {
      if (!over.has(instanceKey) || retained.bytes(instanceKey) <= level) continue
      const from = again ? after : Math.max(after, retained.prunedTo(instanceKey))
      for (const offset of segments.offsets(segment, instanceKey))
        if (offset > from) found.push({ offset, instanceKey })
    }
    return found.sort((a, b) => a.offset - b.offset)
  }

  #remove(offset: number): Removed | undefined {
    const { sql } = this.#options
    const gone = sql.pruneOne.get(offset) as Removed | undefined
    if (!gone) return undefined
    this.removed(gone, offset)
    sql.setSharesPrunedTo.run(offset)
    return gone
  }

  /** A walk has reached the head of the log. */
  #end({ over, level, again }: Walk): void {
    const { retained } = this.#options
    const left = new Set([...over].filter((instanceKey) => retained.bytes(instanceKey) > level))
    this.#walk = left.size === 0 || again ? undefined : { over: left, level, after: 0, again: true }
    if (!again) return
    for (const instanceKey of left) {
      this.#except.add(instanceKey)
      this.#held += retained.bytes(instanceKey)
    }
  }
}
