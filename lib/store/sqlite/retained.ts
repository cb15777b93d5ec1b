import type { SqliteDamage } from './damage.ts'
import { headOf, ROW_BYTES, type Statements } from './statements.ts'
import type { TransactionPart } from './transaction-part.ts'
import type { OnUpgrade } from './upgrade.ts'

/** What one instance holds of the log. */
interface Share {
  readonly instanceKey: number
  bytes: number
  /** The highest offset of its events that were removed because it held too much. */
  prunedTo: number
}

/** An event as it is counted. */
export interface Counted {
  readonly instanceKey: number
  /** Bytes that it takes, more or less. */
  readonly size: number
}

export interface SqliteRetainedOptions {
  sql: Statements
  damage: SqliteDamage
  onUpgrade?: OnUpgrade | undefined
}

/** Offsets that one query counts. */
const WINDOW = 65_536
/** Shares are written after so many events at least, and after so many for each instance. */
const WRITTEN_EVERY = 4_096
const EVENTS_PER_SHARE = 4
/** Shares that one transaction writes at most, besides those that lost events. */
const WRITTEN_AT_ONCE = 256

/** Bytes that an event with so many bytes of data takes, as `EVENT_BYTES` of statements.ts. */
export function rowBytes({ envelope, extras, data }: { envelope: string; extras: string; data: number }): number {
  return Buffer.byteLength(envelope) + Buffer.byteLength(extras) + data + ROW_BYTES
}

/**
 * What each instance holds of the log, in memory. It is written now and then, a few shares a transaction, so that an append
 * writes next to nothing and a start counts few events. Shares that lose events are written at once.
 */
export class SqliteRetained implements TransactionPart {
  readonly #sql: Statements
  readonly #shares = new Map<number, Share>()
  /** Shares that this transaction has changed, as they were before it. */
  readonly #before = new Map<Share, Readonly<Share>>()
  /** Shares that have lost events in this transaction. */
  readonly #reduced = new Set<Share>()
  /** Shares that gained events since they began to be written. */
  readonly #grown = new Set<Share>()
  /** Events that were appended since then, and those of this transaction. */
  #events = 0
  #fresh = 0
  /** The shares that are left to write; then all are counted up to this offset. */
  #writing: { readonly upTo: number; readonly shares: Share[] } | undefined

  constructor(options: SqliteRetainedOptions) {
    this.#sql = options.sql
    for (const row of options.sql.shares.iterate()) {
      const { instance_key: instanceKey, bytes, pruned_to: prunedTo } = row as Record<string, number>
      Object.assign(this.#of(instanceKey as number), { bytes, prunedTo })
    }
    this.#count(options)
  }

  /** Bytes that events of an instance take. */
  bytes(instanceKey: number): number {
    return this.#shares.get(instanceKey)?.bytes ?? 0
  }

  /** The highest offset of an instance's events that were removed because it held too much. */
  prunedTo(instanceKey: number): number {
    return this.#shares.get(instanceKey)?.prunedTo ?? 0
  }

  /** What each instance holds. */
  all(): Iterable<Readonly<Share>> {
    return this.#shares.values()
  }

  /** Counts an event that is appended, inside a transaction. */
  add({ instanceKey, size }: Counted): void {
    const share = this.#change(instanceKey, size)
    this.#grown.add(share)
    this.#fresh++
  }

  /**
   * Counts bytes less, inside a transaction.
   * @param prunedTo offset of an event that is removed because its instance holds too much
   */
  reduce({ instanceKey, size }: Counted, prunedTo = 0): void {
    const share = this.#change(instanceKey, -size)
    share.prunedTo = Math.max(share.prunedTo, prunedTo)
    this.#reduced.add(share)
  }

  write(): void {
    const written = this.#writing?.shares.slice(0, WRITTEN_AT_ONCE) ?? []
    if (this.#reduced.size === 0 && !this.#writing) return
    const head = headOf(this.#sql)
    for (const { instanceKey, bytes, prunedTo } of new Set([...this.#reduced, ...written]))
      this.#sql.putShare.run(instanceKey, bytes, prunedTo, head)
    if (this.#writing?.shares.length === written.length) this.#sql.setCountedTo.run(this.#writing.upTo)
  }

  committed(): void {
    this.#before.clear()
    this.#reduced.clear()
    this.#events += this.#fresh
    this.#fresh = 0
    this.#writing?.shares.splice(0, WRITTEN_AT_ONCE)
    if (this.#writing?.shares.length === 0) this.#writing = undefined
    if (this.#writing || this.#events < Math.max(WRITTEN_EVERY, this.#shares.size * EVENTS_PER_SHARE)) return
    this.#writing = { upTo: headOf(this.#sql), shares: [...this.#grown] }
    this.#grown.clear()
    this.#events = 0
  }

  rolledBack(): void {
    for (const [share, before] of this.#before) Object.assign(share, before)
    this.#before.clear()
    this.#reduced.clear()
    this.#fresh = 0
  }

  #of(instanceKey: number): Share {
    let share = this.#shares.get(instanceKey)
    if (!share) this.#shares.set(instanceKey, (share = { instanceKey, bytes: 0, prunedTo: 0 }))
    return share
  }

  #change(instanceKey: number, by: number): Share {
    const share = this.#of(instanceKey)
    if (!this.#before.has(share)) this.#before.set(share, { ...share })
    // In a damaged file, events that could not be counted may be removed.
    share.bytes = Math.max(0, share.bytes + by)
    return share
  }

  /** Counts the events that no row counts; of a log that an older release wrote, these are all. */
  #count({ sql, damage, onUpgrade }: SqliteRetainedOptions): void {
    const { counted_to: countedTo } = sql.log.get() as { counted_to: number }
    const head = headOf(sql)
    const first = damage.attempt(() => sql.firstOffset.get() as { first: number | null })?.first ?? head
    const begin = Math.max(countedTo, first - 1)
    for (let after = begin; after < head; after += WINDOW) {
      const rows = damage.attempt(() => sql.uncounted.all({ after, upTo: after + WINDOW })) ?? []
      for (const { instance_key: instanceKey, bytes } of rows as Record<string, number>[]) {
        const share = this.#of(instanceKey as number)
        share.bytes += bytes as number
        this.#grown.add(share)
      }
      if (countedTo === 0 && head - begin > WINDOW)
        onUpgrade?.({ done: Math.min(head, after + WINDOW) - begin, of: head - begin })
    }
    this.#events = head - begin
  }
}
