import { BackpressureError, ClosingError } from '../../lib/errors.ts'
import type { NewEvent, StoredEvent } from '../../lib/events/event.ts'
import type { InstanceDirectory } from '../../lib/instances/directory.ts'
import type { DeadLetterStore } from '../../lib/store/dead-letter-store.ts'
import type { DeliveryStore, LaneWatcher } from '../../lib/store/delivery-store.ts'
import type { EventStore, NodeStatus } from '../../lib/store/event-store.ts'
import type { AppendResult, LogStore, LogSubscriber } from '../../lib/store/log-store.ts'
import type { QueueStore } from '../../lib/store/queue-store.ts'
import { partitionOf } from '../../lib/store/partitions.ts'
import type { Appended } from '../../lib/store/postgres/append.ts'
import type { PostgresLaneReads } from '../../lib/store/postgres/lane-reads.ts'
import { refused } from '../../lib/store/postgres/connection.ts'
import type { PostgresEpoch } from '../../lib/store/postgres/epoch.ts'
import { LogHead } from '../../lib/store/postgres/log-head.ts'
import type { Found, PostgresLogReads } from '../../lib/store/postgres/log-reads.ts'
import { PartitionLeases } from '../../lib/store/postgres/partition-leases.ts'
import { type Notification, PostgresSession } from '../../lib/store/postgres/session.ts'
import { PostgresTail } from '../../lib/store/postgres/tail.ts'
import type { Row } from '../../lib/store/rows.ts'
import type { SimulatedProcess } from './clock.ts'
import { ClusterDirectory } from './cluster-directory.ts'
import { type Access, deadLetters, epochOf, knownQueues } from './cluster-drawers.ts'
import type { Cluster } from './cluster.ts'
import type { SimulatedPostgres } from './postgres.ts'

export interface ClusterStoreOptions {
  process: SimulatedProcess
  cluster: Cluster
  postgres: SimulatedPostgres
}

const URL = 'postgres://simulated/'
const SCHEMA = 'simulated'

/**
 * The store of one node. Leases, sessions and followers of the log are the product's; SQL statements are methods of the
 * simulated tables. In one file, since each is a few lines that read and write the same tables.
 */
export class ClusterStore implements EventStore {
  readonly kind = 'postgresql'
  readonly instances: InstanceDirectory
  readonly log: LogStore
  readonly deliveries: DeliveryStore
  readonly deadLetters: DeadLetterStore
  readonly queues: QueueStore
  readonly #options: ClusterStoreOptions
  readonly #directory: ClusterDirectory
  readonly #head = new LogHead()
  readonly #epoch: PostgresEpoch
  readonly #session: PostgresSession
  readonly #tails = new Set<PostgresTail>()
  readonly #leases = new Set<PartitionLeases>()
  /** Writes under way. */
  readonly #writes = new Set<Promise<unknown>>()
  #nodes = 1
  /** Appends under way. */
  #appending = 0
  #closing: Promise<void> | undefined

  static async open(options: ClusterStoreOptions): Promise<ClusterStore> {
    const store = new ClusterStore(options)
    await store.#session.start().catch((error: unknown) => {
      throw refused(error)
    })
    await store.#directory.sync(0)
    return store
  }

  private constructor(options: ClusterStoreOptions) {
    this.#options = options
    this.#directory = new ClusterDirectory(options.cluster, options.process)
    this.instances = this.#directory.directory
    this.#head.enter({ id: options.postgres.tables.epoch, upTo: 0 })
    this.log = this.#log()
    this.deliveries = this.#deliveries()
    const access: Access = { ...options, read: (work) => this.#read(work), write: (work) => this.#write(work) }
    this.deadLetters = deadLetters(access)
    this.queues = knownQueues(access)
    this.#epoch = epochOf(access, { head: this.#head, reload: () => this.#directory.reload() })
    this.#session = new PostgresSession({
      url: URL,
      channel: SCHEMA,
      begin: { text: 'SELECT pg_advisory_lock_shared($1, $2)', values: [0, 'nodes'] },
      beat: { text: 'SELECT l.last_offset, c.value AS directory_version', values: [0, 'nodes'] },
      beaten: (row: Row) => this.#beaten(row),
      notified: (notification) => this.#notified(notification),
      lost: () => {}
    })
  }

  #beaten({ id, here, last_offset: head, directory_version: version, nodes }: Row): void {
    this.#nodes = nodes as number
    this.#epoch.tell(id as string, () => this.#head.advance(head as number))
    if (here === false) this.#epoch.begin().catch(() => {})
    this.#directory.sync(version as number).catch(() => {})
  }

  status(): NodeStatus {
    return {
      connected: this.#session.connected,
      nodes: this.#nodes,
      partitions: [...this.#leases].reduce((sum, { count }) => sum + count, 0),
      head: this.#head.offset,
      position: Math.min(this.#head.offset, ...[...this.#tails].map(({ position }) => position)),
      lagMs: 0
    }
  }

  async check(): Promise<void> {}

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#leases].map((leases) => leases.stop()))
    await Promise.allSettled(this.#writes)
    await Promise.all([...this.#tails].map((tail) => tail.stop()))
    await this.#session.close()
  }

  #notified(notification: Notification): void {
    const { kind, number, pid } = notification
    if (kind === 'directory') {
      this.#directory.sync(number).catch(() => {})
      return
    }
    if (kind !== 'log') return this.#head.notified(notification)
    const { postgres, process } = this.#options
    // It learns of its own appends when they resolve.
    if (this.#appending > 0 && pid === postgres.pidOf(process)) return
    this.#epoch.committed(notification)
  }

  /** @throws {ClosingError} */
  async #read<T>(work: () => T): Promise<T> {
    if (this.#closing) throw new ClosingError()
    return this.#options.cluster.read(this.#options.process, work)
  }

  #write<T>(work: () => T): Promise<T> {
    return this.#writing(this.#options.cluster.write(this.#options.process, work))
  }

  #writing<T>(writing: Promise<T>): Promise<T> {
    const write = writing.finally(() => this.#writes.delete(write))
    this.#writes.add(write)
    return write
  }

  #log(): LogStore {
    const { postgres } = this.#options
    const { tables } = postgres
    return {
      append: (events, replan) => this.#append(events, replan),
      tail: (subscriber) => this.#tail(subscriber),
      read: (options) => this.#read(() => tables.read(options)),
      readPages: async (requests, limits) => {
        const { epoch, pages } = await this.#read(() => ({
          pages: requests.map((request) => {
            const events = tables.read({ ...request, ...limits })
            const isFull = events.length === limits.limit
            const reached = isFull ? (events.at(-1)?.offset as number) : limits.upTo
            return { events, reached, prunedTo: tables.range().prunedTo }
          }),
          epoch: tables.epoch
        }))
        await this.#epoch.sync(epoch)
        return pages
      },
      // Nothing in a simulation counts the events of instances, or erases any.
      sums: async () => [],
      acceptedAt: async () => new Map(),
      withIds: async () => [],
      instanceKeysOf: async () => [],
      lastBefore: async () => 0,
      erase: async () => [],
      range: async () => {
        const range = await this.#read(() => tables.range())
        await this.#epoch.sync(range.id)
        return range
      },
      commonWith: (id) => this.#epoch.commonWith(id),
      prune: ({ acceptedBefore }) => this.#write(() => ({ removed: tables.prune(acceptedBefore), more: false })),
      retainedBytes: () => 0,
      damagedEvents: () => 0
    }
  }

  async #append(events: readonly NewEvent[], replan?: () => readonly NewEvent[]): Promise<AppendResult[]> {
    const { cluster, postgres, process } = this.#options
    if (this.#closing) throw new ClosingError()
    const planned = replan ? this.#directory.version : Infinity
    this.#appending++
    const rows = await this.#write(() => {
      const appended = postgres.tables.append(events, planned, Date.now())
      if (appended) {
        const { before, head, stored, epoch } = appended
        const withQueues = stored.filter(({ queues }) => queues.length > 0)
        const partitions = new Set(withQueues.map(({ instanceKey }) => partitionOf(instanceKey)))
        if (stored.length > 0) postgres.notify(['log', head, before, [...partitions].join(), epoch].join(' '), process)
        cluster.alarm.committed(process)
      }
      return appended
    }).finally(() => this.#appending--)
    if (!rows) {
      await this.#directory.sync(planned + 1)
      return this.#append(replan?.() ?? events, replan)
    }
    const { results, ...range } = rows
    await this.#directory.sync(postgres.tables.directoryVersion).catch(() => {})
    await this.#epoch.sync(range.epoch).catch(() => {})
    if (range.epoch === this.#head.epoch) this.#head.appended(range as unknown as Appended)
    return results
  }

  #tail(subscriber: LogSubscriber): () => void {
    const { tables } = this.#options.postgres
    const { epoch } = this.#head
    const stretch: PostgresLogReads['stretch'] = ({ after, upTo, instanceKeys }, { limit }) =>
      this.#read(() => {
        const all = tables.read({ after, upTo, limit: Infinity })
        const events = all.filter((event) => !instanceKeys || instanceKeys.includes(event.instanceKey)).slice(0, limit)
        const reached = events.length === limit ? (events.at(-1) as StoredEvent).offset : upTo
        const found = { directoryVersion: tables.directoryVersion, epoch: tables.epoch }
        // As the product, whose rows have it.
        return { events, reached, found: events.length > 0 ? found : undefined }
      })
    const sync = async ({ directoryVersion, epoch }: Found) => {
      await this.#directory.sync(directoryVersion)
      await this.#epoch.sync(epoch)
    }
    const reads = { stretch } as PostgresLogReads
    const tail = new PostgresTail({ reads, subscriber, epoch, position: this.#head.offset, sync })
    const unfollow = this.#head.follow(tail)
    this.#tails.add(tail)
    return () => {
      unfollow()
      this.#tails.delete(tail)
      void tail.stop()
    }
  }

  #deliveries(): DeliveryStore {
    const { cluster, postgres, process } = this.#options
    const { tables } = postgres
    const head = this.#head
    return {
      maxPending: Infinity,
      get epoch() {
        return head.epoch
      },
      pendingCount: () => tables.pendingCount,
      pendingOf: () => Promise.reject(new Error('Not simulated')),
      unsent: () => Promise.reject(new Error('Not simulated')),
      oldestPending: () => Promise.reject(new Error('Not simulated')),
      shares: () => Promise.reject(new Error('Not simulated')),
      watch: (watcher) => this.#watch(watcher),
      maySend: (instanceKey) => this.#leases.values().some((leases) => leases.maySend(instanceKey)),
      readLane: async (lane, options) => {
        // Later events are passed on.
        const [upTo = Infinity] = [...this.#leases].flatMap((leases) => leases.reportedTo(lane.instanceKey) ?? [])
        const read = () => ({ events: tables.readLane(lane, { ...options, upTo }), epoch: tables.epoch })
        const { events, epoch } = await this.#read(read)
        await this.#epoch.sync(epoch)
        if (epoch !== head.epoch) throw new BackpressureError('PostgreSQL: connections see different epochs of the log')
        return events
      },
      acknowledge: (deliveries) => this.#writing(cluster.acknowledge(process, deliveries)),
      bury: (delivery, failure) => {
        cluster.burying(process, delivery, failure)
        return this.#write(() => tables.bury(delivery, failure, new Date()))
      }
    }
  }

  async #watch(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const { postgres } = this.#options
    const { tables } = postgres
    const within = (partitions: readonly number[], key: number) => partitions.includes(partitionOf(key))
    const reads: Pick<PostgresLaneReads, 'pending' | 'appended' | 'redrivenAfter'> = {
      pending: (partitions) =>
        this.#read(() => {
          if (postgres.failedTakeOvers-- > 0) throw new Error('The page could not be read')
          return tables.pending((_offset, _redrive, { instanceKey }) => within(partitions, instanceKey))
        }),
      appended: ({ after, upTo }, partitions, { limit }) =>
        this.#read(() => {
          const events = tables
            .newDeliveries({ after, upTo })
            .filter(({ instanceKey }) => within(partitions, instanceKey))
            .slice(0, limit)
          const reached = events.length === limit ? (events.at(-1) as StoredEvent).offset : upTo
          return { events, reached, epoch: tables.epoch }
        }),
      redrivenAfter: (before, partitions) =>
        this.#read(() =>
          tables.pending((_offset, redrive, { instanceKey }) => redrive > before && within(partitions, instanceKey))
        )
    }
    const leases = new PartitionLeases({
      url: URL,
      schema: SCHEMA,
      timing: undefined,
      reads: reads as PostgresLaneReads,
      watcher,
      epoch: this.#head.epoch,
      tell: (epoch, news) => this.#epoch.tell(epoch, news)
    })
    const unfollow = this.#head.follow(leases)
    await leases.start().catch((error: unknown) => {
      unfollow()
      throw refused(error)
    })
    this.#leases.add(leases)
    return async () => {
      unfollow()
      if (this.#leases.delete(leases)) await leases.stop()
    }
  }
}
