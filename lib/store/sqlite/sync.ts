import { fdatasync, realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { BackpressureError } from '../../errors.ts'
import { saying } from '../../message-code.ts'
import { AUTO_CHECKPOINT_PAGES } from './database.ts'
import { WatchedFile } from './watched-file.ts'

/** Makes the data of an open file durable. */
export type SyncFile = (fd: number) => Promise<void>

/** Bytes written to the write-ahead log after which it is copied into the database. Commits wait for the copy, so it is short. */
const CHECKPOINT_BYTES = 1_048_576
/** Bytes of a transaction that is large. */
const LARGE_BYTES = 262_144
/** Bytes of the write-ahead log from which SQLite may make a checkpoint by itself. */
const OWN_CHECKPOINT_BYTES = AUTO_CHECKPOINT_PAGES * 4_096
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
  /** Bytes written since the last checkpoint, and those of the largest transaction. */
  #written = 0
  #largest = 0
  /** Bytes of the transaction that is being written. */
  #writing = 0
  /** SQLite begins the write-ahead log anew with its next write. */
  #beginsAnew = false
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

  /**
   * True if a transaction has to wait for `checkpoint`. A small operation does not wait for the copy of a large one: the next
   * transaction does that has only large ones. @param bytes those of the smallest operation
   */
  isDue(bytes: number): boolean {
    return this.#written - (bytes < LARGE_BYTES ? this.#largest : 0) >= CHECKPOINT_BYTES
  }

  /** Counts bytes of events that a transaction writes. */
  wrote(bytes: number): void {
    this.#writing += bytes
  }

  /** Notes the state of the files. Call it after each write of SQLite, even a failed one. */
  touched(): void {
    // Reading the header after each commit would take longer than all else that watches the files.
    if (this.#wal.written({ header: this.#beginsAnew })) this.#beginsAnew = false
    // A checkpoint of SQLite itself: see `openDatabase`.
    if (this.#wal.size >= OWN_CHECKPOINT_BYTES) this.#checkpointed()
  }

  /** @throws {BackpressureError} an earlier transaction could not be made durable, or a file is not as it was written */
  assertWorks(): void {
    if (this.#failure) throw this.#failure
    for (const file of [this.#main, this.#wal]) {
      const fault = file.fault()
      if (fault !== undefined)
        throw saying(new BackpressureError(`${file.path} ${fault}: restart the server`), {
          code: 'fileChanged',
          values: [file.path]
        })
    }
  }

  /** Resolves when all transactions so far are durable. @throws {BackpressureError} it is not known whether they are */
  async commit(): Promise<void> {
    this.#written += this.#writing + TRANSACTION_BYTES
    this.#largest = Math.max(this.#largest, this.#writing)
    this.#writing = 0
    await this.#make(this.#wal.fd)
  }

  /** Copies the write-ahead log into the database; no transaction may begin meanwhile. @throws as `commit` */
  async checkpoint(): Promise<void> {
    this.assertWorks()
    this.#written = 0
    this.#largest = 0
    // The log is durable already, and the database is synced below.
    this.#db.exec('PRAGMA synchronous = OFF')
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // Without room for the copy, the log goes on.
    } finally {
      this.#db.exec('PRAGMA synchronous = NORMAL')
      this.#checkpointed()
      this.touched()
    }
    await this.#make(this.#main.fd)
  }

  /** To be called after the database was closed: closing one of its files earlier would give up its locks (POSIX). */
  close(): void {
    this.#wal.close()
    this.#main.close()
  }

  /** Notes that the database may have been written. */
  #checkpointed(): void {
    this.#main.written({ header: true })
    this.#beginsAnew = true
  }

  async #make(fd: number): Promise<void> {
    try {
      await this.#sync(fd)
    } catch (error) {
      // What the system has dropped, a second call would not write (https://lwn.net/Articles/752063/).
      const message = `${this.#path} could not be synced (${(error as Error).message}): restart the server`
      this.#failure = saying(new BackpressureError(message, { cause: error }), {
        code: 'fileNotSynced',
        values: [this.#path]
      })
      throw this.#failure
    }
  }
}
