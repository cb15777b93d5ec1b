import type { DatabaseSync } from 'node:sqlite'
import { ClosingError } from '../../errors.ts'
import { isDamage, openDatabase } from './database.ts'
import { SqliteDamage, type OnDamage } from './damage.ts'
import { SqliteSync, type SyncFile } from './sync.ts'
import type { OnUpgrade } from './upgrade.ts'

export interface FileOptions {
  onDamage?: OnDamage | undefined
  onUpgrade?: OnUpgrade | undefined
  syncFile?: SyncFile | undefined
}

/** The open database file, with what is known of its damage. */
export class SqliteFile {
  readonly db: DatabaseSync
  readonly damage: SqliteDamage
  /** `undefined` for a database in memory. */
  readonly sync: SqliteSync | undefined
  #closed = false

  /** @throws as `openDatabase` does */
  constructor(path: string, { onDamage, onUpgrade, syncFile }: FileOptions = {}) {
    this.db = openDatabase(path, onUpgrade)
    this.damage = new SqliteDamage(path, onDamage)
    this.sync = path === ':memory:' ? undefined : new SqliteSync(this.db, path, syncFile)
  }

  /**
   * Runs `work` in one transaction, which `sync` makes durable.
   * @throws what `work` or SQLite throws; then nothing of it is kept
   */
  transaction(work: () => void): void {
    this.sync?.assertWorks()
    try {
      this.db.exec('BEGIN IMMEDIATE')
      work()
      this.db.exec('COMMIT')
    } catch (error) {
      // SQLite rolls back by itself on some errors, a full disk among them.
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      if (isDamage(error)) this.damage.met(error)
      throw error
    } finally {
      this.sync?.touched()
    }
  }

  /** Runs a read that cannot work around damage. @throws {ClosingError} @throws {StoreDamagedError} it cannot be read */
  read<T>(work: () => T): T {
    this.assertOpen()
    try {
      return work()
    } catch (error) {
      this.damage.met(error)
      throw this.damage.error
    }
  }

  /** @throws {ClosingError} after `close` */
  assertOpen(): void {
    if (this.#closed) throw new ClosingError()
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.db.close()
    this.sync?.close()
  }
}
