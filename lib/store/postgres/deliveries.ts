import { BackpressureError } from '../../errors.ts'
import { numberArray, textArray } from './binary-array.ts'
import { refused, type PostgresPool } from './connection.ts'
import type { Backlog } from '../backlog.ts'
import { partitionOf } from '../partitions.ts'
import { PostgresLaneReads } from './lane-reads.ts'
import type { PostgresEpoch } from './epoch.ts'
import type { LogHead } from './log-head.ts'
import { Numbering } from './numbering.ts'
import { PartitionLeases } from './partition-leases.ts'
import { NO_LIMIT } from './page.ts'
import type { SessionTiming } from './session.ts'
import type { Batcher, CommitQueue } from '../commit-queue.ts'
import type { DeliveryFailure, DeliveryRef, DeliveryStore, LaneKey, LaneWatcher } from '../delivery-store.ts'
import type { PageLimits } from '../log-store.ts'
import type { StoredEvent } from '../../events/event.ts'

export interface PostgresDeliveriesOptions {
  url: string
  timing: SessionTiming | undefined
  pool: PostgresPool
  /** Writes of deliveries and dead letters, in the order of calls. */
  writes: CommitQueue
  backlog: Backlog
  head: LogHead
  epoch: PostgresEpoch
}

/** Deliveries that one statement acknowledges. */
const MAX_ACKNOWLEDGED = 5_000

/** Pending deliveries, shared among the nodes by partition. */
export class PostgresDeliveries implements DeliveryStore {
  readonly #options: PostgresDeliveriesOptions
  readonly #reads: PostgresLaneReads
  readonly #leases = new Set<PartitionLeases>()
  readonly #acknowledging: Batcher<readonly DeliveryRef[], void> = {
    run: (items) => this.#acknowledge(items.flat()).then(() => items.map(() => undefined)),
    weigh: ({ length }) => length / MAX_ACKNOWLEDGED
  }

  constructor(options: PostgresDeliveriesOptions) {
    this.#options = options
    this.#reads = new PostgresLaneReads(options.pool)
  }

  get maxPending(): number {
    return this.#options.backlog.max
  }

  get epoch(): string {
    return this.#options.head.epoch
  }

  /** Number of partitions that this node sends. */
  get partitions(): number {
    return [...this.#leases].reduce((sum, { count }) => sum + count, 0)
  }

  pendingCount(): number {
    return this.#options.backlog.pending
  }

  async oldestPending(): Promise<number | null> {
    const { pool } = this.#options
    pool.assertOpen()
    const row = await pool.one(`
      SELECT (SELECT accepted_at FROM ${pool.schema}.events WHERE "offset" = (
        SELECT min("offset") FROM ${pool.schema}.deliveries
      )) AS accepted_at`)
    return row.accepted_at as number | null
  }

  async watch(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const { url, timing, pool, head } = this.#options
    pool.assertOpen()
    const { schema } = pool
    const leases = new PartitionLeases({ url, schema, timing, reads: this.#reads, watcher, epoch: head.epoch })
    const unfollow = head.follow(leases)
    try {
      await leases.start()
    } catch (error) {
      unfollow()
      throw refused(error)
    }
    this.#leases.add(leases)
    return async () => {
      unfollow()
      if (this.#leases.delete(leases)) await leases.stop()
    }
  }

  maySend(instanceKey: number): boolean {
    return this.#leases.values().some((leases) => leases.maySend(instanceKey))
  }

  /** @throws {BackpressureError} also if it reads another epoch than this node knows */
  async readLane(lane: LaneKey, options: PageLimits & { after: number }): Promise<StoredEvent[]> {
    const { pool, epoch } = this.#options
    pool.assertOpen()
    // Later events of the lane are passed on: if it were given them here too, they would be sent twice.
    const reported = this.#leases.values().map((leases) => leases.reportedTo(lane.instanceKey))
    const upTo = reported.find((offset) => offset !== undefined) ?? NO_LIMIT
    const { events, epoch: found = this.epoch } = await this.#reads.events(lane, { ...options, upTo })
    await epoch.sync(found)
    if (found !== this.epoch) throw new BackpressureError('PostgreSQL: connections see different epochs of the log')
    return events
  }

  /** Waits for acknowledgements of others, so that all are one statement. */
  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    return this.#options.writes.add(this.#acknowledging, deliveries, { lazy: true })
  }

  bury(delivery: DeliveryRef, { reason, message, attempts }: DeliveryFailure): Promise<void> {
    const { queue, instanceKey, offset, epoch = this.epoch } = delivery
    const { pool, writes, backlog } = this.#options
    return writes.addSingle(async () => {
      const rows = await pool.query(
        `WITH gone AS (
          DELETE FROM ${pool.schema}.deliveries d
          WHERE d.partition = $1 AND d.instance_key = $2 AND d."offset" = $3
          AND d.queue_key = (SELECT key FROM ${pool.schema}.queues WHERE name = $4)
          AND d."offset" <= (SELECT c.up_to FROM ${pool.schema}.common_with($8) c)
          RETURNING d.queue_key, d.instance_key, d."offset"
        )
        INSERT INTO ${pool.schema}.dead_letters (queue_key, instance_key, "offset", reason, message, attempts, died_at)
        SELECT g.*, $5, $6, $7, ${pool.schema}.now_ms() FROM gone g RETURNING 1`,
        [partitionOf(instanceKey), instanceKey, offset, queue, withoutNul(reason), withoutNul(message), attempts, epoch]
      )
      backlog.change(-rows.length)
    })
  }

  /** Hands all partitions over to other nodes. */
  async release(): Promise<void> {
    await Promise.all([...this.#leases].map((leases) => leases.stop()))
  }

  async #acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    const { pool, backlog } = this.#options
    for (const [epoch, read] of Map.groupBy(deliveries, ({ epoch }) => epoch ?? this.epoch)) {
      const queues = new Numbering()
      const numbers = numberArray(read.map(({ queue }) => queues.of(queue)))
      const { removed } = await pool.one(`SELECT ${pool.schema}.acknowledge($1, $2, $3, $4, $5) AS removed`, [
        epoch,
        textArray(queues.texts),
        numbers,
        numberArray(read.map(({ instanceKey }) => instanceKey)),
        numberArray(read.map(({ offset }) => offset))
      ])
      backlog.change(-(removed as number))
    }
  }
}

/** PostgreSQL's text cannot hold NUL, which error messages of others may have. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}
