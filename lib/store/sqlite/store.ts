import { Backlog } from '../backlog.ts'
import type { Commit } from '../commit-queue.ts'
import { CommitFeed } from './commit-feed.ts'
import { SqliteCommits } from './commits.ts'
import { LINE_OF_COMMITTED } from '../fair-lines.ts'
import { unusable } from './database.ts'
import type { OnDamage } from './damage.ts'
import { SqliteDeadLetters } from './dead-letters.ts'
import { SqliteDeliveries } from './deliveries.ts'
import { SqliteEpoch } from './epoch.ts'
import { SqliteFile } from './file.ts'
import { SqliteIds } from './ids.ts'
import { SqliteKnownQueues } from './known-queues.ts'
import { SqliteInstances } from './instances.ts'
import { SqliteLog } from './log.ts'
import { SqliteLogReads } from './log-reads.ts'
import { SqliteParts } from './parts.ts'
import { SqlitePending } from './pending.ts'
import { SqliteQueues } from './queues.ts'
import { SqliteRetained } from './retained.ts'
import { SqliteSegments } from './segments.ts'
import { headOf, prepareStatements, type Statements } from './statements.ts'
import type { TransactionPart } from './transaction-part.ts'
import type { SyncFile } from './sync.ts'
import type { OnUpgrade } from './upgrade.ts'
import type { EventStore } from '../event-store.ts'
import type { MemoryDirectory } from '../../instances/memory-directory.ts'

export interface SqliteStoreOptions {
  /** File path, or `:memory:`. */
  path: string
  /** Pending deliveries beyond which `append` is refused. @default 1_000_000 */
  maxPendingDeliveries?: number
  /** Called after each commit. */
  onCommit?: ((commit: Commit) => void) | undefined
  /** Called for each damaged place in the file when it is first met. */
  onDamage?: OnDamage | undefined
  /** Called while a file of an older release is brought over, if it is large. */
  onUpgrade?: OnUpgrade | undefined
  /** Makes what was written to an open file durable. @default `fs.fdatasync` */
  syncFile?: SyncFile | undefined
}

/** The embedded `EventStore`: one SQLite file, one process, and one transaction for the writes that come together. */
export class SqliteStore implements EventStore {
  readonly kind = 'sqlite'
  readonly instances: MemoryDirectory
  readonly log: SqliteLog
  readonly deliveries: SqliteDeliveries
  readonly deadLetters: SqliteDeadLetters
  readonly queues: SqliteKnownQueues
  readonly #file: SqliteFile
  readonly #sql: Statements
  readonly #commits: SqliteCommits
  readonly #feed = new CommitFeed()

  /** @throws as `openDatabase` does */
  constructor({ path, maxPendingDeliveries = 1_000_000, onCommit, onDamage, onUpgrade, syncFile }: SqliteStoreOptions) {
    const file = new SqliteFile(path, { onDamage, onUpgrade, syncFile })
    this.#file = file
    try {
      file.damage.lookOver(file.db)
      const sql = prepareStatements(file.db)
      const epoch = new SqliteEpoch(file, sql)
      const queues = new SqliteQueues(sql)
      const segments = new SqliteSegments({ sql, damage: file.damage })
      const pending = new SqlitePending(sql)
      const retained = new SqliteRetained({ sql, damage: file.damage, onUpgrade })
      const parts = new SqliteParts({ file, sql })
      const states: TransactionPart[] = [epoch, segments, pending, retained]
      const commits = new SqliteCommits({
        transaction: (work) => {
          instances.begin()
          try {
            file.transaction(() => {
              work()
              for (const state of states) state.write()
            })
          } catch (error) {
            queues.reload()
            for (const state of states) state.rolledBack()
            throw error
          }
          for (const state of states) state.committed()
          return headOf(sql)
        },
        durable: (head) => {
          reads.advance(head)
          epoch.durable()
        },
        sync: file.sync,
        feed: this.#feed,
        onCommit
      })
      const instances = new SqliteInstances(file.db, commits)
      const { directory } = instances
      const reads = new SqliteLogReads({ sql, damage: file.damage, epoch, segments, pending, retained })
      const shared = { file, sql, reads, commits, pending, retained }
      const backlog = new Backlog({
        max: maxPendingDeliveries,
        pending: pending.lanes.counts(),
        keyOf: (instance) => directory.get(instance)?.key
      })
      const accepted = { queues, backlog, feed: this.#feed }
      this.#sql = sql
      this.#commits = commits
      this.instances = directory
      this.deliveries = new SqliteDeliveries({ ...shared, ...accepted })
      this.log = new SqliteLog({
        ...shared,
        ...accepted,
        deliveries: this.deliveries,
        epoch,
        instances,
        segments,
        parts,
        ids: new SqliteIds(sql, segments)
      })
      this.deadLetters = new SqliteDeadLetters({ ...shared, queues, deliveries: this.deliveries, directory })
      this.queues = new SqliteKnownQueues(shared)
    } catch (error) {
      file.close()
      throw unusable(path, error)
    }
  }

  /** A file has one node. */
  status(): undefined {}

  async check(): Promise<void> {
    await this.#commits.add({ line: LINE_OF_COMMITTED, run: () => this.#sql.writeCheck.run() })
    if (this.#file.damage.error) throw this.#file.damage.error
  }

  async close(): Promise<void> {
    await this.#commits.close()
    this.#feed.close()
    this.instances.close()
    this.#file.close()
  }
}
