import { numberArray, textArray } from './binary-array.ts'
import { databaseAway, type PostgresPool, refused } from './connection.ts'
import type { Backlog } from '../backlog.ts'
import { PostgresLaneReads } from './lane-reads.ts'
import { pendingShares } from './count-pending.ts'
import type { PostgresEpoch } from './epoch.ts'
import type { LogHead } from './log-head.ts'
import { Numbering } from './numbering.ts'
import { PartitionLeases } from './partition-leases.ts'
import { NO_LIMIT } from './page.ts'
import { toUnsent } from '../rows.ts'
import type { SessionTiming } from './session.ts'
import type { Batcher, CommitQueue } from '../commit-queue.ts'
import type {
  DeliveryFailure,
  DeliveryRef,
  DeliveryStore,
  LaneKey,
  LaneWatcher,
  OldestPending,
  PendingShares,
  UnsentDelivery
} from '../delivery-store.ts'
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

  /** Counts them in the database: in memory, those of other nodes and of instances with few may be missing. */
  async pendingOf(instanceKey: number): Promise<number> {
    const { pool } = this.#options
    pool.assertOpen()
    const { count } = await pool.one(
      `SELECT count(*) AS count FROM ${pool.schema}.deliveries
      WHERE partition = ${pool.schema}.partition_of($1) AND instance_key = $1`,
      [instanceKey]
    )
    return count as number
  }

  async unsent({ instanceKey, offset }: Pick<DeliveryRef, 'instanceKey' | 'offset'>): Promise<UnsentDelivery[]> {
    const { pool } = this.#options
    pool.assertOpen()
    const { schema } = pool
    // One statement sees all at the same moment.
    const rows = await pool.query(
      `SELECT q.name AS queue, u.id, u.reason, u.message FROM (
        SELECT queue_key, NULL::bigint AS id, NULL AS reason, NULL AS message FROM ${schema}.deliveries
        WHERE "offset" = $1 AND instance_key = $2
        UNION ALL SELECT queue_key, id, reason, message FROM ${schema}.dead_letters
        WHERE "offset" = $1 AND instance_key = $2
      ) u JOIN ${schema}.queues q ON q.key = u.queue_key`,
      [offset, instanceKey]
    )
    return rows.map(toUnsent)
  }

  async oldestPending(): Promise<OldestPending | null> {
    const { pool } = this.#options
    pool.assertOpen()
    const [row] = await pool.query(`
      SELECT d."offset", q.name AS queue, e.accepted_at
      FROM (SELECT "offset", queue_key FROM ${pool.schema}.deliveries ORDER BY "offset", queue_key LIMIT 1) d
      JOIN ${pool.schema}.events e ON e."offset" = d."offset" JOIN ${pool.schema}.queues q ON q.key = d.queue_key`)
    return row
      ? { offset: row.offset as number, queue: row.queue as string, acceptedAt: row.accepted_at as number }
      : null
  }

  async shares(): Promise<PendingShares> {
    this.#options.pool.assertOpen()
    return pendingShares(this.#options.pool)
  }

  async watch(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const { url, timing, pool, head, epoch } = this.#options
    pool.assertOpen()
    const leases = new PartitionLeases({
      url,
      schema: pool.schema,
      timing,
      reads: this.#reads,
      watcher,
      epoch: head.epoch,
      tell: (id, news) => epoch.tell(id, news)
    })
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
    if (found !== this.epoch) throw databaseAway('connections see different epochs of the log')
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
      const { buried } = await pool.one(`SELECT ${pool.schema}.bury($1, $2, $3, $4, $5, $6, $7) AS buried`, [
        epoch,
        queue,
        instanceKey,
        offset,
        withoutNul(reason),
        withoutNul(message),
        attempts
      ])
      backlog.change(instanceKey, -(buried as number))
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
      const removed = await pool.query(`SELECT * FROM ${pool.schema}.acknowledge_each($1, $2, $3, $4, $5)`, [
        epoch,
        textArray(queues.texts),
        numbers,
        numberArray(read.map(({ instanceKey }) => instanceKey)),
        numberArray(read.map(({ offset }) => offset))
      ])
      for (const row of removed) backlog.change(row.instance_key as number, -(row.removed as number))
    }
  }
}

/** PostgreSQL's text cannot hold NUL, which error messages of others may have. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}
