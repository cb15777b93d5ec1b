import { eventSize } from '../../events/messages.ts'
import type { StoredEvent } from '../../events/event.ts'
import { numberArray } from './binary-array.ts'
import type { PostgresPool } from './connection.ts'

/** Events that one query counts, and queries of one refresh. */
const COUNTED = 5_000
const COUNTS = 20
/** Shortest rest between two refreshes, and the rest as a multiple of the time that one takes. */
const REST_MS = 500
const REST = 50
/** A guess of the bytes that the row of an event and its index entries take, as the SQL functions add it. */
const ROW_BYTES = 256

/** What an instance holds of the log. */
interface Share {
  /** Bytes of its events that were counted in the database. */
  counted: number
  /** Bytes that this node has appended since. */
  added: number
}

/**
 * What instances hold of the log, of those that were asked for. The nodes count events in the database, and read the
 * results now and then; what this node appends is added at once.
 */
export class PostgresRetained {
  readonly #pool: PostgresPool
  readonly #shares = new Map<number, Share>()
  #next = 0

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  /** Bytes that events of an instance take; 0 at the first call for it. */
  bytes(instanceKey: number): number {
    const share = this.#shares.get(instanceKey)
    if (share) return share.counted + share.added
    this.#shares.set(instanceKey, { counted: 0, added: 0 })
    return 0
  }

  /** Counts events that this node has appended. */
  appended(events: readonly StoredEvent[]): void {
    if (this.#shares.size === 0) return
    for (const event of events) {
      const share = this.#shares.get(event.instanceKey)
      if (share) share.added += eventSize(event) + ROW_BYTES
    }
  }

  /** Reads what instances hold, if any was asked for and the last time is long enough ago. */
  async refresh(): Promise<void> {
    if (this.#shares.size === 0 || performance.now() < this.#next) return
    const begun = performance.now()
    this.#next = Infinity
    try {
      await this.#read()
    } finally {
      this.#next = performance.now() + Math.max(REST_MS, (performance.now() - begun) * REST)
    }
  }

  async #read(): Promise<void> {
    const { schema } = this.#pool
    // What is added meanwhile may be counted twice until the next time.
    const before = [...this.#shares].map(([instanceKey, { added }]) => ({ instanceKey, added }))
    let counted = COUNTED
    for (let counts = 0; counts < COUNTS && counted === COUNTED; counts++)
      ({ counted } = (await this.#pool.one(`SELECT ${schema}.count_shares($1) AS counted`, [COUNTED])) as {
        counted: number
      })
    const rows = await this.#pool.query(
      `SELECT s.instance_key, s.bytes FROM ${schema}.shares s WHERE s.instance_key = ANY ($1)`,
      [numberArray(before.map(({ instanceKey }) => instanceKey))]
    )
    const bytes = new Map(rows.map((row) => [row.instance_key as number, row.bytes as number]))
    for (const { instanceKey, added } of before) {
      const share = this.#shares.get(instanceKey) as Share
      share.counted = bytes.get(instanceKey) ?? 0
      share.added -= added
    }
  }
}
