import { join } from 'node:path'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { missingPostgres, noPostgres, startDatabase } from './postgres.ts'

/** A kind of event store, for tests that run on each kind. */
export interface Backend {
  /** The name in titles. */
  name: string
  /** Creates a database, which is deleted after the test. @returns its URL */
  start: (t: Test) => Promise<string>
}

const SQLITE: Backend = { name: 'SQLite', start: async (t) => `file:${join(folder(t), 'events.db')}` }
const POSTGRES: Backend = { name: 'PostgreSQL', start: async (t) => (await startDatabase(t)).url }

/**
 * Returns the stores that a test file runs on. Without PostgreSQL the other half of its tests is skipped, but with `CI=true` it
 * fails.
 */
export async function backends(t: Test): Promise<Backend[]> {
  const why = await missingPostgres()
  if (why === undefined) return [SQLITE, POSTGRES]
  if (process.env.CI === 'true') t.fail(noPostgres(why))
  else t.pass(`${noPostgres(why)}: it is tested on SQLite only`, { skip: true })
  return [SQLITE]
}
