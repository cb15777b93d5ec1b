import { randomUUID } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreNewerError } from '../errors.ts'
import { SQLITE_MIGRATIONS } from './sqlite/migrations.ts'
import { isPostgresUrl, storePath } from './open.ts'
import { wholeFault } from './sqlite/damage.ts'
import { placeFault, REMEDY, SQLITE_BUSY, sqliteCode } from './sqlite/database.ts'
import { CHECK_BYTES } from './sqlite/statements.ts'

/** The result of a trial, for people. */
export interface Tried {
  ok: boolean
  message: string
  /** What works, but endangers the log. */
  warnings?: string[]
}

/** Tries whether a server in `folder` could use a database. Reads all of it, and changes nothing. */
export async function tryDatabase(url: string, folder: string): Promise<Tried> {
  try {
    if (isPostgresUrl(url)) {
      const { tryPostgres } = await import('./postgres/try-database.ts')
      return await tryPostgres(url)
    }
    const path = storePath(url)
    return path === ':memory:' ? { ok: true, message: 'in memory' } : tryFile(resolve(folder, path))
  } catch (error) {
    return { ok: false, message: (error as Error).message }
  }
}

function tryFile(path: string): Tried {
  const fault = placeFault(path)
  if (fault !== undefined) return { ok: false, message: fault }
  let folder = dirname(path)
  while (!existsSync(folder)) folder = dirname(folder)
  tryDisk(folder)
  if (!existsSync(path)) return { ok: true, message: `${path} will be created` }
  const db = new DatabaseSync(path, { readOnly: true })
  const tried = lookInto(db, path)
  db.close()
  return tried
}

/** Writes a file as large as a check of the store writes, beside the database, and removes it. @throws if the disk is full */
function tryDisk(folder: string): void {
  const path = join(folder, `.try-${randomUUID()}`)
  try {
    writeFileSync(path, Buffer.alloc(CHECK_BYTES), { flush: true })
  } finally {
    rmSync(path, { force: true })
  }
}

function lookInto(db: DatabaseSync, path: string): Tried {
  try {
    const version = db.prepare('PRAGMA user_version').get()?.user_version as number
    if (version > SQLITE_MIGRATIONS.length) throw new StoreNewerError(path, version, SQLITE_MIGRATIONS.length)
    const fault = version > 0 ? wholeFault(db) : undefined
    if (fault !== undefined) return { ok: false, message: `${path} is damaged (${fault}): ${REMEDY}` }
    return { ok: true, message: `${path} can be used` }
  } catch (error) {
    return sqliteCode(error) === SQLITE_BUSY
      ? { ok: true, message: `${path} is in use by another process, probably the running server` }
      : { ok: false, message: (error as Error).message }
  }
}
