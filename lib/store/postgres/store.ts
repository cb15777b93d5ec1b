import { Backlog } from '../backlog.ts'
import { CommitQueue, type Commit } from '../commit-queue.ts'
import { PostgresBlockedAddresses } from './blocked-addresses.ts'
import { databaseAway, PostgresPool, refused } from './connection.ts'
import { PostgresDeadLetters } from './dead-letters.ts'
import { PostgresDeliveries } from './deliveries.ts'
import { PostgresEpoch } from './epoch.ts'
import { PostgresInstances } from './instances.ts'
import { PostgresKnownQueues } from './known-queues.ts'
import { countHolders, LOCKS, lockSpace } from './locks.ts'
import { PostgresLog } from './log.ts'
import { LogHead } from './log-head.ts'
import { migrate } from './migrate.ts'
import { countPending } from './count-pending.ts'
import { PostgresQueueDeletions } from './queue-deletions.ts'
import { Recount } from './recount.ts'
import { PostgresRetained } from './retained.ts'
import type { Row } from '../rows.ts'
import { PostgresSamples } from './samples.ts'
import { PostgresSession, type Notification, type SessionTiming } from './session.ts'
import { PostgresUploads } from './uploads.ts'
import type { EventStore, NodeStatus } from '../event-store.ts'
import type { InstanceDirectory } from '../../instances/directory.ts'

export interface PostgresStoreOptions {
  /** `postgres://…` or `postgresql://…` */
  url: string
  /** @default 'instance_events' */
  schema?: string
  /**
   * Pending deliveries beyond which `append` is refused; not exact, since a node counts those of other nodes only every few
   * seconds. @default 1_000_000
   */
  maxPendingDeliveries?: number
  /** Called after each commit of appends. */
  onCommit?: ((commit: Commit) => void) | undefined
  /** Called at the start for each setting of PostgreSQL that endangers the log, with a line that has the remedy. */
  onRisk?: ((risk: string) => void) | undefined
  /** Called with an error when PostgreSQL is lost, and without one when it is back. */
  onConnection?: ((error: Error | undefined) => void) | undefined
  /** Milliseconds for which an append is tried while PostgreSQL is away. @default 5_000 */
  retryMs?: number
  timing?: SessionTiming | undefined
}

/** Time limit of each part of a check; longer than it waits for its lock. */
const CHECK_TIMEOUT_MS = 3_000
/** Shortest rest between two counts of the backlog, and the rest as a multiple of the time that a count takes. */
const COUNT_REST_MS = 500
const COUNT_REST = 50

/**
 * The `EventStore` of several nodes on one PostgreSQL. Each node appends and follows the log; pending deliveries are shared
 * among the nodes that send.
 */
export class PostgresStore implements EventStore {
  readonly kind = 'postgresql'
  readonly instances: InstanceDirectory
  readonly log: PostgresLog
  readonly deliveries: PostgresDeliveries
  readonly deadLetters: PostgresDeadLetters
  readonly queues: PostgresKnownQueues
  readonly queueDeletions: PostgresQueueDeletions
  readonly blockedAddresses: PostgresBlockedAddresses
  readonly samples: PostgresSamples
  readonly #pool: PostgresPool
  readonly #table: PostgresInstances
  /** Appends and changes of instances. */
  readonly #writes = new CommitQueue()
  /** Changes of deliveries, dead letters and known queues. */
  readonly #deliveryWrites = new CommitQueue()
  readonly #head = new LogHead()
  readonly #epoch: PostgresEpoch
  readonly #recount: Recount
  readonly #retained: PostgresRetained
  readonly #uploads: PostgresUploads
  readonly #session: PostgresSession
  #nodes = 1
  #closing: Promise<void> | undefined

  /**
   * Connects, and brings the schema up to date.
   * @throws {StoreUnusableError} PostgreSQL cannot be reached, or refuses
   * @throws {StoreNewerError} a newer release wrote the schema
   */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const { url, schema = 'instance_events', onRisk } = options
    for (const risk of await migrate(url, schema)) onRisk?.(risk)
    const store = new PostgresStore({ ...options, schema })
    try {
      await store.#session.start()
      const { id, head } = await store.log.range()
      store.#epoch.tell(id, () => store.#head.advance(head))
      await store.#recount.count()
      return store
    } catch (error) {
      await store.close()
      throw refused(error)
    }
  }

  private constructor(options: PostgresStoreOptions & { schema: string }) {
    const { url, schema, maxPendingDeliveries = 1_000_000, retryMs = 5_000, timing, onCommit, onConnection } = options
    const pool = new PostgresPool({ url, schema })
    const backlog = new Backlog({
      max: maxPendingDeliveries,
      keyOf: (instance) => this.#table.directory.get(instance)?.key
    })
    this.#pool = pool
    this.#recount = new Recount({
      backlog,
      count: () => countPending(pool),
      busy: () => this.#writes.busy || this.#deliveryWrites.busy,
      restMs: (tookMs) => Math.max(COUNT_REST_MS, tookMs * COUNT_REST)
    })
    this.#retained = new PostgresRetained(pool)
    this.#uploads = new PostgresUploads({ pool, retryMs })
    this.#table = new PostgresInstances({ pool, writes: this.#writes })
    this.#epoch = new PostgresEpoch({ pool, head: this.#head, instances: this.#table })
    this.#session = new PostgresSession({
      ...timing,
      url,
      channel: schema,
      begin: {
        text: 'SELECT pg_advisory_lock_shared($1, $2), pg_advisory_lock_shared($1, $3)',
        values: [lockSpace(schema), LOCKS.nodes, LOCKS.partsReaders]
      },
      beat: {
        text: `SELECT l.id, l.place = ${schema}.place() AS here, l.last_offset, c.value AS directory_version,
          (${countHolders('$2')}) AS nodes, (${countHolders('$3')}) AS readers FROM ${schema}.log l, ${schema}.counters c WHERE c.name = 'directory'`,
        values: [lockSpace(schema), LOCKS.nodes, LOCKS.partsReaders]
      },
      beaten: (row) => this.#beaten(row),
      notified: (notification) => this.#notified(notification),
      lost: (error) => {
        this.#recount.doubt()
        onConnection?.(error)
      },
      back: () => onConnection?.(undefined)
    })
    const head = this.#head
    const [writes, deliveryWrites] = [this.#writes, this.#deliveryWrites]
    this.instances = this.#table.directory
    this.log = new PostgresLog({
      pool,
      writes,
      instances: this.#table,
      backlog,
      recount: this.#recount,
      retained: this.#retained,
      uploads: this.#uploads,
      head,
      epoch: this.#epoch,
      retryMs,
      onCommit
    })
    this.deliveries = new PostgresDeliveries({
      url,
      timing,
      pool,
      writes: deliveryWrites,
      backlog,
      head,
      epoch: this.#epoch
    })
    this.deadLetters = new PostgresDeadLetters({ pool, writes: deliveryWrites, backlog })
    this.queues = new PostgresKnownQueues({ pool, writes: deliveryWrites })
    this.queueDeletions = new PostgresQueueDeletions(pool)
    this.blockedAddresses = new PostgresBlockedAddresses(pool)
    this.samples = new PostgresSamples(pool)
  }

  status(): NodeStatus {
    return {
      connected: this.#session.connected,
      nodes: this.#nodes,
      partitions: this.deliveries.partitions,
      head: this.#head.offset,
      position: this.log.position,
      lagMs: this.log.lagMs
    }
  }

  async check(): Promise<void> {
    this.#pool.assertOpen()
    if (!this.#session.connected) throw databaseAway('the session that holds the locks is lost')
    // In two transactions: while it writes, appends continue.
    for (const part of ['lock', 'write']) {
      const query = { text: `SELECT ${this.#pool.schema}.check_${part}()`, query_timeout: CHECK_TIMEOUT_MS }
      await this.#pool.ask(query).catch((error: unknown) => {
        throw refused(error)
      })
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#pool.refuse()
    const written = this.#writes.close()
    await this.deliveries.release()
    await this.#deliveryWrites.close()
    await written
    await this.log.stop()
    await this.#session.close()
    await this.#pool.close()
    this.#table.directory.close()
  }

  #notified(notification: Notification): void {
    const { kind, number, pid } = notification
    if (kind === 'directory') return this.#sync(number)
    if (kind === 'blocked') return this.blockedAddresses.notified(notification)
    if (kind !== 'log') return this.#head.notified(notification)
    // This node learns of its own appends when they resolve, and need not read them.
    if (this.#writes.busy && (this.#nodes === 1 || this.#pool.has(pid))) return
    this.#epoch.committed(notification)
  }

  #beaten({ id: epoch, here, last_offset: head, directory_version: directoryVersion, nodes, readers }: Row): void {
    // Deliveries of another node that has just left are counted once more.
    if ((nodes as number) > 1 || this.#nodes > 1) this.#recount.doubt()
    this.#nodes = nodes as number
    this.#uploads.enabled = readers === nodes
    this.#epoch.tell(epoch as string, () => this.#head.advance(head as number))
    if (here === false) this.#epoch.begin().catch(() => {})
    this.#sync(directoryVersion as number)
    this.#recount.refresh().catch(() => {})
    this.#retained.refresh().catch(() => {})
  }

  #sync(directoryVersion: number): void {
    this.#table.sync(directoryVersion).catch(() => {})
  }
}
