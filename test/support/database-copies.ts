import type { Test } from 'tap'
import { startDatabase, type TestDatabase } from './postgres.ts'

export interface CopiedDatabase extends TestDatabase {
  /** Keeps a copy of the database as it is, instead of an earlier one. Its connections end. */
  copy: () => Promise<void>
  /** Puts the copy in the place of the database, as the promotion of a standby that lags does. Its connections end. */
  fallBack: () => Promise<void>
}

/** Creates a database that can be replaced by an earlier copy of it; dropped after the test. */
export async function startCopiedDatabase(t: Test): Promise<CopiedDatabase> {
  const database = await startDatabase(t)
  const { query, terminate } = database
  const name = new URL(database.url).pathname.slice(1)
  // A dropped database waits for a checkpoint, so that is done at the end.
  const others: string[] = []
  t.after(async () => {
    for (const other of others) await query(`DROP DATABASE IF EXISTS ${other} WITH (FORCE)`)
  })
  const other = () => {
    const made = `${name}_${others.length}`
    others.push(made)
    return made
  }
  let saved = ''
  /** Nobody is connected meanwhile. */
  const alone = async (work: () => Promise<unknown>) => {
    await query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    while ((await terminate()) > 0);
    await work()
    await query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
  }
  return {
    ...database,
    copy: () => {
      saved = other()
      return alone(() => query(`CREATE DATABASE ${saved} TEMPLATE ${name}`))
    },
    fallBack: () =>
      alone(async () => {
        await query(`ALTER DATABASE ${name} RENAME TO ${other()}`)
        await query(`ALTER DATABASE ${saved} RENAME TO ${name}`)
      })
  }
}
