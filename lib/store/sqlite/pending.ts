import { type Changes, countOf, decodeChanges, eachChange, encodeChanges } from './delivery-codec.ts'
import { type NumberedLane, PendingLanes } from './pending-lanes.ts'
import { segmentOf } from './segment.ts'
import type { Statements } from './statements.ts'
import type { TransactionPart } from './transaction-part.ts'

/** Changes in rows from which on they are folded: 128 kB. */
const FOLD_AT = 8_192
/** Segments that one transaction folds at most. */
const FOLDED_AT_ONCE = 2

/**
 * Pending deliveries. Each transaction writes one row with those that it added and removed. Now and then the rows are
 * folded: for each segment of the log that they concern, what is pending there now is written, then the rows are removed.
 * Folding is spread over transactions. A start may read a row again whose segments were folded: the last change of a
 * delivery decides, however often changes are made.
 */
export class SqlitePending implements TransactionPart {
  readonly #sql: Statements
  readonly #lanes = new PendingLanes()
  /** Changes of this transaction. */
  #changes: number[] = []
  /** Number of the last row of changes. */
  #last = 0
  /** Changes in rows since the last fold began, and the segments that they concern. */
  #unfolded = 0
  readonly #touched = new Set<number>()
  /** Deliveries that were added since their segment was folded, by segment. */
  readonly #added = new Map<number, number[]>()
  /** The rows that are being folded, by the number of the last, and the segments that are left to fold. */
  #fold: { readonly upTo: number; readonly segments: number[] } | undefined

  /** Reads what is pending. */
  constructor(sql: Statements) {
    this.#sql = sql
    for (const { deliveries } of sql.allPending.iterate()) this.#make(decodeChanges(deliveries))
    for (const { number, changes } of sql.allDeliveryChanges.iterate()) {
      const read = decodeChanges(changes)
      this.#make(read)
      this.#note(read)
      this.#last = number as number
    }
  }

  get lanes(): Omit<PendingLanes, 'add' | 'remove'> {
    return this.#lanes
  }

  /** Makes a delivery pending, inside a transaction. */
  add(offset: number, { queueKey, instanceKey }: NumberedLane): void {
    if (this.#lanes.add(offset, queueKey, instanceKey)) this.#changes.push(offset, queueKey, instanceKey)
  }

  /** Removes a delivery, inside a transaction. @returns false if it was not pending */
  remove(offset: number, { queueKey, instanceKey }: NumberedLane): boolean {
    const removed = this.#lanes.remove(offset, queueKey, instanceKey)
    if (removed) this.#changes.push(-offset, queueKey, instanceKey)
    return removed
  }

  /** Offsets of events with a pending delivery, after one offset and up to another. */
  offsetsBetween(after: number, upTo: number): Set<number> {
    const offsets = new Set<number>()
    for (let segment = segmentOf(after); segment <= segmentOf(upTo); segment++) {
      eachChange(this.#pendingOf(segment), (offset) => {
        if (offset > after && offset <= upTo) offsets.add(offset)
      })
    }
    return offsets
  }

  write(): void {
    if (this.#changes.length > 0) this.#sql.insertDeliveryChanges.run(this.#last + 1, encodeChanges(this.#changes))
    if (!this.#fold) return
    const { upTo, segments } = this.#fold
    for (const segment of segments.slice(0, FOLDED_AT_ONCE)) {
      const pending = this.#pendingOf(segment)
      if (pending.length > 0) this.#sql.putPending.run(segment, encodeChanges(pending))
      else this.#sql.deletePending.run(segment)
    }
    if (segments.length <= FOLDED_AT_ONCE) this.#sql.deleteDeliveryChanges.run(upTo)
  }

  committed(): void {
    for (const segment of this.#fold?.segments.splice(0, FOLDED_AT_ONCE) ?? []) this.#added.delete(segment)
    if (this.#fold?.segments.length === 0) this.#fold = undefined
    if (this.#changes.length > 0) {
      this.#note(this.#changes)
      this.#changes = []
      this.#last++
    }
    if (this.#fold || this.#unfolded < FOLD_AT) return
    this.#fold = { upTo: this.#last, segments: [...this.#touched] }
    this.#touched.clear()
    this.#unfolded = 0
  }

  rolledBack(): void {
    const changes = this.#changes
    this.#changes = []
    // The last change of a delivery is undone first.
    const undoing: [number, number, number][] = []
    eachChange(changes, (offset, ...lane) => undoing.push([-offset, ...lane]))
    for (const change of undoing.toReversed()) this.#make(change)
  }

  /** Makes changes in memory. */
  #make(changes: Changes): void {
    eachChange(changes, (offset, queueKey, instanceKey) => {
      if (offset > 0) this.#lanes.add(offset, queueKey, instanceKey)
      else this.#lanes.remove(-offset, queueKey, instanceKey)
    })
  }

  /** Notes changes that are in a row, for the next fold. */
  #note(changes: Changes): void {
    this.#unfolded += countOf(changes)
    eachChange(changes, (offset, ...lane) => {
      const segment = segmentOf(Math.abs(offset))
      this.#touched.add(segment)
      if (offset < 0) return
      const added = this.#added.get(segment)
      if (added) added.push(offset, ...lane)
      else this.#added.set(segment, [offset, ...lane])
    })
  }

  /** Deliveries that are pending now in a segment. */
  #pendingOf(segment: number): number[] {
    const row = this.#sql.pendingOf.get(segment)
    const before = row ? decodeChanges(row.deliveries) : []
    const known = new PendingLanes()
    const pending: number[] = []
    for (const list of [before, this.#added.get(segment) ?? [], this.#changes]) {
      eachChange(list, (...delivery) => {
        if (segmentOf(delivery[0]) === segment && this.#lanes.has(...delivery) && known.add(...delivery))
          pending.push(...delivery)
      })
    }
    return pending
  }
}
