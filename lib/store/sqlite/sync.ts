import { fdatasync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { BackpressureError } from '../../errors.ts'
import { WatchedFile } from './watched-file.ts'

/** Makes the data of an open file durable. */
export type SyncFile = (fd: number) => Promise<void>

/** Bytes written to the write-ahead log after which it is copied into the database. Commits wait for the copy, so it is short. */
const CHECKPOINT_BYTES = 1_048_576
/** What a transaction writes besides the texts of events. */
const TRANSACTION_BYTES = 16_384

/**
 * Makes transactions durable without stopping the event loop: SQLite writes, another thread waits for the disk. The rules are
 * SQLite's own (https://www.sqlite.org/wal.html): the write-ahead log is synced before a commit counts, and the database is
 * synced after a checkpoint and before the log is written from its beginning again.
 */
export class SqliteSync {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #sync: SyncFile
  readonly #wal: WatchedFile
  readonly #main: WatchedFile
  #written = 0
  #failure: Error | undefined

  /** @param path of the database, which is open */
  constructor(db: DatabaseSync, path: string, sync: SyncFile = promisify(fdatasync)) {
    this.#db = db
    this.#path = path
    this.#sync = sync
    // SQLite resolves links: its log is beside the file that a link points to.
    this.#wal = new WatchedFile(`${realpathSync(path)}-wal`)
    this.#main = new WatchedFile(path)
  }

  /** True if the next transaction has to wait for `checkpoint`. */
  get due(): boolean {
    return this.#written >= CHECKPOINT_BYTES
  }

  /** Counts bytes of events that a transaction writes. */
  wrote(bytes: number): void {
    this.#written += bytes
  }

  /** Notes the state of the files. Call it after each write of SQLite, even a failed one. */
  touched(): void {
    this.#wal.written()
    this.#main.written()
  }

  /** @throws {BackpressureError} an earlier transaction could not be made durable, or a file is not as it was written */
  assertWorks(): void {
    if (this.#failure) throw this.#failure
    for (const file of [this.#main, this.#wal]) {
      const fault = file.fault()
      if (fault !== undefined) throw new BackpressureError(`${file.path} ${fault}: restart the server`)
    }
  }

  /** Resolves when all transactions so far are durable. @throws {BackpressureError} it is not known whether they are */
  async commit(): Promise<void> {
    this.wrote(TRANSACTION_BYTES)
    await this.#make(this.#wal.fd)
  }

  /** Copies the write-ahead log into the database; no transaction may begin meanwhile. @throws as `commit` */
  async checkpoint(): Promise<void> {
    this.assertWorks()
    this.#written = 0
    // The log is durable already, and the database is synced below.
    this.#db.exec('PRAGMA synchronous = OFF')
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // Without room for the copy, the log goes on.
    } finally {
      this.#db.exec('PRAGMA synchronous = NORMAL')
      this.touched()
    }
    await this.#make(this.#main.fd)
  }

  /** To be called after the database was closed: closing one of its files earlier would give up its locks (POSIX). */
  close(): void {
    this.#wal.close()
    this.#main.close()
  }

  async #make(fd: number): Promise<void> {
    try {
      await this.#sync(fd)
    } catch (error) {
      // What the system has dropped, a second call would not write (https://lwn.net/Articles/752063/).
      this.#failure = new BackpressureError(
        `${this.#path} could not be synced (${(error as Error).message}): restart the server`,
        { cause: error }
      )
      throw this.#failure
    }
  }
}
