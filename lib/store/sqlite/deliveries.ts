import { EVENT_DAMAGED } from '../../errors.ts'
import type { Backlog } from '../backlog.ts'
import type { SqliteCommits } from './commits.ts'
import { LINE_OF_COMMITTED } from '../fair-lines.ts'
import type { CommitFeed } from './commit-feed.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteLogReads } from './log-reads.ts'
import { Page } from './page.ts'
import { type Row, toUnsent } from '../rows.ts'
import type { SqlitePending } from './pending.ts'
import type { SqliteQueues } from './queues.ts'
import type { Statements } from './statements.ts'
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

export interface SqliteDeliveriesOptions {
  file: SqliteFile
  sql: Statements
  reads: SqliteLogReads
  commits: SqliteCommits
  queues: SqliteQueues
  pending: SqlitePending
  backlog: Backlog
  feed: CommitFeed
}

const DAMAGED = 'The event is damaged where it is stored, and cannot be read'

/** Pending deliveries of the one process that has the file: it sends everything. */
export class SqliteDeliveries implements DeliveryStore {
  readonly epoch = undefined
  readonly #options: SqliteDeliveriesOptions
  readonly #watchers = new Set<LaneWatcher>()

  constructor(options: SqliteDeliveriesOptions) {
    this.#options = options
  }

  get maxPending(): number {
    return this.#options.backlog.max
  }

  pendingCount(): number {
    return this.#options.backlog.pending
  }

  async pendingOf(instanceKey: number): Promise<number> {
    this.#options.file.assertOpen()
    return this.#options.backlog.pendingOf(instanceKey)
  }

  async unsent({ instanceKey, offset }: Pick<DeliveryRef, 'instanceKey' | 'offset'>): Promise<UnsentDelivery[]> {
    const { file, sql } = this.#options
    file.assertOpen()
    const pending = [...this.lanesWith(instanceKey, [offset]).values()].flat()
    const dead = file.read(() => sql.deadLettersOfEvent.all(offset, instanceKey))
    return [...pending.map(({ queue }) => ({ queue })), ...dead.map(toUnsent)]
  }

  async oldestPending(): Promise<OldestPending | null> {
    const { file, pending, queues, sql } = this.#options
    file.assertOpen()
    const first = pending.lanes.first()
    if (!first) return null
    const { offset, queueKey } = first
    // The event of a pending delivery stays in the log.
    const row = file.read(() => sql.acceptedAt.get(offset)) as Row
    return { offset, queue: queues.name(queueKey), acceptedAt: row.accepted_at as number }
  }

  async shares(): Promise<PendingShares> {
    const { file, pending, queues } = this.#options
    file.assertOpen()
    const { byQueue, byInstance } = pending.lanes.shares()
    return { byQueue: new Map(byQueue.entries().map(([key, share]) => [queues.name(key), share])), byInstance }
  }

  async watch(watcher: LaneWatcher): Promise<() => Promise<void>> {
    const lanes = this.#lanes()
    const unsubscribe = this.#options.feed.subscribe((events) => watcher.appended(events))
    this.#watchers.add(watcher)
    watcher.pending(lanes)
    return async () => {
      unsubscribe()
      this.#watchers.delete(watcher)
    }
  }

  maySend(): boolean {
    return true
  }

  /** Damaged events become dead letters, so that those behind them are sent. */
  async readLane(
    { queue, instanceKey }: LaneKey,
    { after, ...limits }: PageLimits & { after: number }
  ): Promise<StoredEvent[]> {
    const { file, queues, pending, reads } = this.#options
    file.assertOpen()
    const queueKey = queues.find(queue)
    if (queueKey === undefined) return []
    const page = new Page(limits)
    const lane = pending.lanes.after(after, { queueKey, instanceKey }, limits.limit)
    const offsets = lane.filter((offset) => offset <= reads.head)
    for (const offset of offsets) {
      const event = reads.one(offset)
      if (event && page.add(event)) return page.events
      if (!event)
        await this.bury({ queue, instanceKey, offset }, { reason: EVENT_DAMAGED, message: DAMAGED, attempts: 0 })
    }
    // An empty page means the end of the lane.
    const last = offsets.at(-1)
    if (page.events.length > 0 || last === undefined) return page.events
    return this.readLane({ queue, instanceKey }, { after: last, ...limits })
  }

  acknowledge(deliveries: readonly DeliveryRef[]): Promise<void> {
    return this.#options.commits.add(
      {
        line: LINE_OF_COMMITTED,
        run: () => deliveries.filter((delivery) => this.#remove(delivery)),
        committed: (removed) => this.#removed(removed)
      },
      { lazy: true }
    ) as Promise<unknown> as Promise<void>
  }

  bury(delivery: DeliveryRef, { reason, message, attempts }: DeliveryFailure): Promise<void> {
    const { commits, queues, sql } = this.#options
    return commits.add({
      line: LINE_OF_COMMITTED,
      run: () => {
        if (!this.#remove(delivery)) return []
        const { queue, instanceKey, offset } = delivery
        const queueKey = queues.key(queue)
        const before = sql.takeRedriven.get(offset, queueKey, instanceKey)
        sql.insertDeadLetter.run({
          id: before?.id ?? null,
          queueKey,
          instanceKey,
          offset,
          reason,
          message,
          attempts,
          diedAt: Date.now(),
          tries: ((before?.tries as number | undefined) ?? 0) + 1,
          firstDiedAt: before?.first_died_at ?? null
        })
        return [delivery]
      },
      committed: (removed) => this.#removed(removed)
    }) as Promise<unknown> as Promise<void>
  }

  /** True if the delivery of a row is pending. */
  isPending({ offset, queue_key: queueKey, instance_key: instanceKey }: Row): boolean {
    const { lanes } = this.#options.pending
    return lanes.has(offset as number, queueKey as number, instanceKey as number)
  }

  /** Makes deliveries pending again, inside a transaction. */
  restore(deliveries: readonly DeliveryRef[]): void {
    const { queues, pending } = this.#options
    for (const { queue, instanceKey, offset } of deliveries)
      pending.add(offset, { queueKey: queues.key(queue), instanceKey })
  }

  /** Makes restored deliveries known, after the commit. */
  restored(deliveries: readonly DeliveryRef[]): void {
    for (const { instanceKey } of deliveries) this.#options.backlog.change(instanceKey, 1)
    this.rewind(deliveries)
  }

  /** Has lanes read again from their beginning. */
  rewind(lanes: readonly LaneKey[]): void {
    for (const watcher of this.#watchers) watcher.redriven(lanes)
  }

  /** The lanes in which each of these events of an instance is pending. */
  lanesWith(instanceKey: number, offsets: readonly number[]): Map<number, LaneKey[]> {
    const { pending, queues } = this.#options
    const lanes = pending.lanes.lanesOf(instanceKey)
    const lanesOf = (offset: number) =>
      lanes
        .filter(({ queueKey }) => pending.lanes.has(offset, queueKey, instanceKey))
        .map(({ queueKey }) => ({ queue: queues.name(queueKey), instanceKey }))
    return new Map(offsets.map((offset) => [offset, lanesOf(offset)]))
  }

  #lanes(): LaneKey[] {
    const { file, pending, queues } = this.#options
    file.assertOpen()
    return pending.lanes.lanes().map(({ queueKey, instanceKey }) => ({ queue: queues.name(queueKey), instanceKey }))
  }

  /** @returns false if it was not pending */
  #remove({ queue, instanceKey, offset }: DeliveryRef): boolean {
    const { queues, pending } = this.#options
    const queueKey = queues.find(queue)
    return queueKey !== undefined && pending.remove(offset, { queueKey, instanceKey })
  }

  #removed(deliveries: readonly DeliveryRef[]): void {
    for (const { instanceKey } of deliveries) this.#options.backlog.change(instanceKey, -1)
  }
}
