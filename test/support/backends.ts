import { join } from 'node:path'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { missingPostgres, noPostgres, startDatabase } from './postgres.ts'

/** A kind of event store, for a test that runs once on each. */
export interface Backend {
  /** As titles say it. */
  name: string
  /** An empty database, gone after the test. @returns its URL: whoever opens it again finds what was written */
  start: (t: Test) => Promise<string>
}

const SQLITE: Backend = { name: 'SQLite', start: async (t) => `file:${join(folder(t), 'events.db')}` }
const POSTGRES: Backend = { name: 'PostgreSQL', start: async (t) => (await startDatabase(t)).url }

/**
 * For a test file: what to run its tests on. Where there is no PostgreSQL that half is skipped, unless this is CI, where it
 * fails.
 */
export async function backends(t: Test): Promise<Backend[]> {
  const why = await missingPostgres()
  if (why === undefined) return [SQLITE, POSTGRES]
  if (process.env.CI === 'true') t.fail(noPostgres(why))
  else t.pass(`${noPostgres(why)}: it is tested on SQLite only`, { skip: true })
  return [SQLITE]
}
