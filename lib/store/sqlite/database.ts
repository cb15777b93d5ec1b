import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BackpressureError, StoreLockedError, StoreNewerError, StoreUnusableError } from '../../errors.ts'
import { saying } from '../../message-code.ts'
import { fileFault } from '../../text/file-fault.ts'
import { makeFolder } from '../../text/make-folder.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'
import { BytesDamagedError } from './stored-bytes.ts'
import { type OnUpgrade, upgradeLog } from './upgrade.ts'

// https://www.sqlite.org/rescode.html
export const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
export const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** The remedy for a damaged file, for messages. */
export const REMEDY = 'restore a backup, or recover the readable part with the .recover command of sqlite3'
/** Pages of the write-ahead log from which SQLite makes a checkpoint by itself. */
export const AUTO_CHECKPOINT_PAGES = 16_000
/** Time for which a start waits for another process to close the file. */
const LOCK_TIMEOUT_MS = 3_000

/**
 * Opens the file for this process alone, since other writers would make what is held in memory stale, and brings its schema
 * up to date. With `synchronous=NORMAL`, SQLite syncs the write-ahead log when it begins anew, and leaves commits to
 * `SqliteSync`. `wal_autocheckpoint` counts pages, and is reached only where `SqliteSync` has counted too few bytes. With
 * `secure_delete=FAST`, what is removed or moved is overwritten in pages that are written anyway: `SqliteEraser` finds
 * no copies there.
 * @throws {StoreLockedError} another process has it open @throws {StoreNewerError} a newer release wrote it
 * @throws {StoreUnusableError} it is not a database, is damaged, or cannot be written
 */
export function openDatabase(path: string, onUpgrade?: OnUpgrade): DatabaseSync {
  const db = openFile(path)
  try {
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON;
      PRAGMA secure_delete = FAST;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA wal_autocheckpoint = ${AUTO_CHECKPOINT_PAGES};
      BEGIN EXCLUSIVE;
      COMMIT;
    `)
    migrate(db, path)
    upgradeLog(db, onUpgrade)
    return db
  } catch (error) {
    db.close()
    if (sqliteCode(error) === SQLITE_BUSY) throw new StoreLockedError(path, { cause: error })
    throw unusable(path, error)
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') makeFolder(dirname(resolve(path)))
    return new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS })
  } catch (error) {
    throw unusable(path, error)
  }
}

/** Returns the error for an unusable file, with its path, the reason and the remedy. Returns errors of this package as they are. */
export function unusable(path: string, error: unknown): Error {
  const { code, message } = error as Error & { code?: string }
  if (code?.startsWith('IEV_')) return error as Error
  // The store wrote valid JSON: if it cannot be parsed now, the file has changed.
  const damaged = isDamage(error) || error instanceof SyntaxError
  const reason = damaged ? `${message}: ${REMEDY}` : (placeFault(path) ?? message)
  return new StoreUnusableError(path, reason, { cause: error })
}

/** Returns why SQLite cannot use a path, with the remedy, which errors of SQLite such as "disk I/O error" do not name. */
export function placeFault(path: string): string | undefined {
  return fileFault(path) ?? fileFault(`${path}-wal`)
}

/** True for errors about a damaged file. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB || error instanceof BytesDamagedError
}

function migrate(db: DatabaseSync, path: string): void {
  const version = db.prepare('PRAGMA user_version').get()?.user_version as number
  if (version > SQLITE_MIGRATIONS.length) throw new StoreNewerError(path, version, SQLITE_MIGRATIONS.length)
  for (const [index, statements] of SQLITE_MIGRATIONS.entries()) {
    if (index >= version) db.exec(`BEGIN; ${statements}; PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
}

/** SQLite's primary result code; `undefined` for other errors. */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // Extended codes carry the primary one in their low byte.
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** The error for callers of a write that was rolled back: `BackpressureError` if SQLite failed, since it may work later. */
export function refusedWrite(error: unknown): Error {
  const code = sqliteCode(error)
  if (code === undefined) return error as Error
  const isFull = code === SQLITE_FULL
  const reason = isFull ? 'the disk is full' : (error as Error).message
  const refused = new BackpressureError(`the event log cannot be written: ${reason}`, { cause: error })
  return saying(refused, { code: isFull ? 'diskFull' : 'logUnwritable', values: [] })
}
