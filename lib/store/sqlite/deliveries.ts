import { EVENT_DAMAGED } from '../../errors.ts'
import type { Backlog } from '../backlog.ts'
import type { SqliteCommits } from './commits.ts'
import type { CommitFeed } from './commit-feed.ts'
import type { SqliteFile } from './file.ts'
import type { SqliteLogReads } from './log-reads.ts'
import { Page } from './page.ts'
import type { SqlitePending } from './pending.ts'
import type { SqliteQueues } from './queues.ts'
import type { Statements } from './statements.ts'
import type { DeliveryFailure, DeliveryRef, DeliveryStore, LaneKey, LaneWatcher } from '../delivery-store.ts'
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

  async oldestPending(): Promise<number | null> {
    const { file, pending, sql } = this.#options
    const first = pending.lanes.first()
    return file.read(() => (sql.acceptedAt.get(first)?.accepted_at as number | undefined) ?? null)
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
        run: () => deliveries.reduce((sum, delivery) => sum + this.#remove(delivery), 0),
        committed: (removed) => this.#options.backlog.change(-removed)
      },
      { lazy: true }
    ) as Promise<unknown> as Promise<void>
  }

  bury(delivery: DeliveryRef, { reason, message, attempts }: DeliveryFailure): Promise<void> {
    const { backlog, commits, queues, sql } = this.#options
    return commits.add({
      run: () => {
        const removed = this.#remove(delivery)
        const { queue, instanceKey, offset } = delivery
        if (removed > 0)
          sql.insertDeadLetter.run(queues.key(queue), instanceKey, offset, reason, message, attempts, Date.now())
        return removed
      },
      committed: (removed) => backlog.change(-removed)
    }) as Promise<unknown> as Promise<void>
  }

  /** Makes deliveries pending again, inside a transaction. */
  restore(deliveries: readonly DeliveryRef[]): void {
    const { queues, pending } = this.#options
    for (const { queue, instanceKey, offset } of deliveries)
      pending.add(offset, { queueKey: queues.key(queue), instanceKey })
  }

  /** Makes restored deliveries known, after the commit. */
  restored(deliveries: readonly DeliveryRef[]): void {
    this.#options.backlog.change(deliveries.length)
    for (const watcher of this.#watchers) watcher.redriven(deliveries)
  }

  #lanes(): LaneKey[] {
    const { file, pending, queues } = this.#options
    file.assertOpen()
    return pending.lanes.lanes().map(({ queueKey, instanceKey }) => ({ queue: queues.name(queueKey), instanceKey }))
  }

  #remove({ queue, instanceKey, offset }: DeliveryRef): number {
    const { queues, pending } = this.#options
    const queueKey = queues.find(queue)
    return queueKey !== undefined && pending.remove(offset, { queueKey, instanceKey }) ? 1 : 0
  }
}
