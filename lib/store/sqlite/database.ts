import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BackpressureError, StoreLockedError, StoreNewerError, StoreUnusableError } from '../../errors.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'

// https://www.sqlite.org/rescode.html
export const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** What to do about a damaged file. */
export const REMEDY = 'restore a backup, or recover the readable part with .recover of sqlite3'
/** How long a start waits for the process before it to let go of the file. */
const LOCK_TIMEOUT_MS = 3_000

/** Pages after which the write-ahead log goes into the database: the more, the fewer pages are written twice. */
const CHECKPOINT_PAGES = 4_000

/**
 * Opens the file for this process alone (what is held in memory would otherwise grow stale), as durable as SQLite
 * can be (WAL with `synchronous=FULL`: a commit survives power loss), and brings its schema up to date.
 * @throws {StoreLockedError} another process has it @throws {StoreNewerError} a newer release wrote it
 * @throws {StoreUnusableError} it is no database, or cannot be written
 */
export function openDatabase(path: string): DatabaseSync {
  const db = openFile(path)
  try {
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      BEGIN EXCLUSIVE;
      COMMIT;
    `)
    migrate(db, path)
    return db
  } catch (error) {
    db.close()
    if (sqliteCode(error) === SQLITE_BUSY) throw new StoreLockedError(path, { cause: error })
    throw unusable(path, error)
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS })
  } catch (error) {
    throw unusable(path, error)
  }
}

/** Not a database, damaged, no right to write, no such folder: the file is named. */
export function unusable(path: string, error: unknown): Error {
  const { code, message } = error as Error & { code?: string }
  if (code?.startsWith('IEV_')) return error as Error
  // What was written as JSON is read as JSON, unless it has changed meanwhile.
  const damaged = isDamage(error) || error instanceof SyntaxError
  return new StoreUnusableError(path, damaged ? `${message}: ${REMEDY}` : message, { cause: error })
}

/** Whether an error of SQLite tells of a damaged file. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

function migrate(db: DatabaseSync, path: string): void {
  const version = db.prepare('PRAGMA user_version').get()?.user_version as number
  if (version > SQLITE_MIGRATIONS.length) throw new StoreNewerError(path, version, SQLITE_MIGRATIONS.length)
  for (const [index, statements] of SQLITE_MIGRATIONS.entries()) {
    if (index >= version) db.exec(`BEGIN; ${statements}; PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
}

/** The primary result code, or `undefined` for an error that is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // Extended codes carry the primary one in their low byte.
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** What a caller is told of a write that failed: nothing was kept. If it was SQLite that refused, trying again may help. */
export function refusedWrite(error: unknown): Error {
  const code = sqliteCode(error)
  if (code === undefined) return error as Error
  const reason = code === SQLITE_FULL ? 'the disk is full' : (error as Error).message
  return new BackpressureError(`the event log cannot be written: ${reason}`, { cause: error })
}
