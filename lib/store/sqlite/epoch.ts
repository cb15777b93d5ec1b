import { SQLITE_FULL, sqliteCode } from './database.ts'
import type { SqliteFile } from './file.ts'
import { headOf, type Statements } from './statements.ts'
import type { TransactionPart } from './transaction-part.ts'
import type { CommonHistory } from '../log-store.ts'

/** Epochs that a log remembers. A client of an older one receives the whole log. */
const MAX_EPOCHS = 1_000

/**
 * The epoch of the log. One begins at the end of the log when the file is opened; on a full disk, with the first transaction
 * that is kept. Nothing is appended before it.
 */
export class SqliteEpoch implements TransactionPart {
  readonly #file: SqliteFile
  readonly #sql: Statements
  /** The end of the log when the file was opened. */
  readonly #head: number
  readonly #followers = new Set<(epoch: CommonHistory) => void>()
  #id: string
  /** Whether an epoch was begun: `written`, but not durable yet. */
  #state: 'due' | 'written' | 'begun' = 'due'

  /** Begins an epoch, which is durable then, unless the disk is full. @throws as `SqliteFile.transaction` for other reasons */
  constructor(file: SqliteFile, sql: Statements) {
    this.#file = file
    this.#sql = sql
    this.#head = headOf(sql)
    file.db.exec('PRAGMA synchronous = FULL')
    try {
      file.transaction(() => this.write())
      this.#state = 'begun'
    } catch (error) {
      if (sqliteCode(error) !== SQLITE_FULL) throw error
    }
    file.db.exec('PRAGMA synchronous = NORMAL')
    this.#id = this.#stored()
  }

  /** The id of the last epoch that is durable. */
  get id(): string {
    return this.#id
  }

  /** Calls `entered` when an epoch begins later. Returns how to stop it. */
  follow(entered: (epoch: CommonHistory) => void): () => void {
    this.#followers.add(entered)
    return () => void this.#followers.delete(entered)
  }

  write(): void {
    if (this.#state !== 'due') return
    this.#file.db.exec(`
      UPDATE log SET id = lower(hex(randomblob(8)));
      INSERT INTO epochs (id, first_offset)
      SELECT id, ${this.#head + 1} FROM log;
      DELETE FROM epochs WHERE number <= (SELECT max(number) - ${MAX_EPOCHS} FROM epochs);
    `)
  }

  committed(): void {
    if (this.#state === 'due') this.#state = 'written'
  }

  rolledBack(): void {}

  /** What was committed is durable: followers learn of a new epoch before its events are passed on. */
  durable(): void {
    if (this.#state !== 'written') return
    this.#state = 'begun'
    this.#id = this.#stored()
    for (const entered of this.#followers) entered({ id: this.#id, upTo: this.#head })
  }

  #stored(): string {
    return this.#sql.log.get()?.id as string
  }
}
