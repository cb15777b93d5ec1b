import { Backlog } from '../backlog.ts'
import type { Commit } from '../commit-queue.ts'
import { CommitFeed } from './commit-feed.ts'
import { SqliteCommits } from './commits.ts'
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
import { SqlitePending } from './pending.ts'
import { SqliteQueues } from './queues.ts'
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
      const parts: TransactionPart[] = [epoch, segments, pending]
      const commits = new SqliteCommits({
        transaction: (work) => {
          instances.begin()
          try {
            file.transaction(() => {
              work()
              for (const part of parts) part.write()
            })
          } catch (error) {
            queues.reload()
            for (const part of parts) part.rolledBack()
            throw error
          }
          for (const part of parts) part.committed()
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
      const reads = new SqliteLogReads({ sql, damage: file.damage, epoch, segments, pending })
      const shared = { file, sql, reads, commits, pending }
      const backlog = new Backlog({ max: maxPendingDeliveries, pending: pending.lanes.count() })
      const accepted = { queues, backlog, feed: this.#feed }
      this.#sql = sql
      this.#commits = commits
      this.instances = directory
      this.log = new SqliteLog({
        ...shared,
        ...accepted,
        epoch,
        instances,
        segments,
        ids: new SqliteIds(sql, segments)
      })
      this.deliveries = new SqliteDeliveries({ ...shared, ...accepted })
      this.deadLetters = new SqliteDeadLetters({ ...shared, deliveries: this.deliveries, directory })
      this.queues = new SqliteKnownQueues(shared)
    } catch (error) {
      file.close()
      throw unusable(path, error)
    }
  }

  /** A file has one node. */
  status(): undefined {}

  async check(): Promise<void> {
    await this.#commits.add({ run: () => this.#sql.writeCheck.run() })
    if (this.#file.damage.error) throw this.#file.damage.error
  }

  async close(): Promise<void> {
    await this.#commits.close()
    this.#feed.close()
    this.#file.close()
  }
}
