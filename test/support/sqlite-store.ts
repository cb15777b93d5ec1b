import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Test } from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { Limits } from '../store/conformance.ts'
import { folder } from './build.ts'

/** Returns a store on a file that is gone after the test. */
export function openSqlite(t: Test, limits: Limits = {}) {
  const path = join(folder(t), 'data', 'events.db')
  let store = new SqliteStore({ path, ...limits })
  t.after(() => store.close())
  const reopen = async () => {
    await store.close()
    store = new SqliteStore({ path, ...limits })
    return store
  }
  return { path, store, reopen }
}

/**
 * Returns the statements of a kind that a store's own connection has run since the last call; the connection itself
 * comes with each.
 */
export function spyOnExec(t: Test, statement: string) {
  const capture = t.capture(DatabaseSync.prototype, 'exec', DatabaseSync.prototype.exec)
  return () =>
    capture().filter(({ args }) => args[0] === statement) as unknown as { receiver: DatabaseSync; args: [string] }[]
}
