import { numberArray } from './binary-array.ts'
import type { PostgresPool } from './connection.ts'
import { NO_LIMIT } from './page.ts'

/** The result of a step. */
export interface ShareStep {
  /**
   * `done`: the log is not too large, or nothing else can be removed; `busy`: another node is pruning; `counting`: events
   * are still to be counted.
   */
  readonly status: 'done' | 'busy' | 'counting' | 'looked'
  /** Number of events that were removed. */
  readonly removed: number
}

/** A row of the SQL function `prune_shares`. */
interface Looked {
  readonly status: 'busy' | 'fits' | 'counting' | 'done' | 'level' | 'all' | 'looked'
  readonly instance_key: number
  readonly removed: number
  readonly next: number
  readonly bytes: number
}

/** How far the events of an instance were looked at. */
interface Position {
  readonly after: number
  /** True from the second time on: pending events that stayed may be sent by now. */
  readonly again: boolean
}

/** Events that one step looks at. */
const CHUNK = 500

/**
 * Removes events of the instances that hold most of a log that is too large, the oldest first, in steps. An instance of which
 * only pending events and dead letters are left does not count until the end of the round: what it holds is not made
 * up for by events of others.
 */
export class PostgresSharePruner {
  readonly #pool: PostgresPool
  /** Instances that have events which stayed, or are looked at again. */
  #positions = new Map<number, Position>()
  /** Instances of which nothing else can be removed, and what they hold. */
  #except: number[] = []
  #held = 0

  constructor(pool: PostgresPool) {
    this.#pool = pool
  }

  async step(maxBytes: number): Promise<ShareStep> {
    const { schema } = this.#pool
    const positions = [...this.#positions]
    const rows = (await this.#pool.query(`SELECT * FROM ${schema}.prune_shares($1, $2, $3, $4, $5)`, [
      numberArray(this.#except),
      numberArray(positions.map(([instanceKey]) => instanceKey)),
      numberArray(positions.map(([, { after }]) => after)),
      Math.min(maxBytes + this.#held, NO_LIMIT),
      CHUNK
    ])) as unknown as [Looked, ...Looked[]]
    const [{ status }] = rows
    if (status === 'busy' || status === 'counting') return { status, removed: 0 }
    if (status === 'fits' || status === 'done') return { status: 'done', removed: 0 }
    for (const row of rows) this.#looked(row)
    return { status: 'looked', removed: rows.reduce((sum, { removed }) => sum + removed, 0) }
  }

  /** The next step begins another round. */
  endRound(): void {
    this.#positions = new Map()
    this.#except = []
    this.#held = 0
  }

  #looked({ status, instance_key: instanceKey, next, bytes }: Looked): void {
    const again = this.#positions.get(instanceKey)?.again ?? false
    if (status === 'looked') this.#positions.set(instanceKey, { after: next, again })
    else if (status === 'all' && !again) this.#positions.set(instanceKey, { after: 0, again: true })
    else this.#positions.delete(instanceKey)
    if (status !== 'all' || !again) return
    this.#except.push(instanceKey)
    this.#held += bytes
  }
}
