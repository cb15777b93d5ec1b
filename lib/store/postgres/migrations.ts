import { readMigrations } from '../migrations.ts'
import { lockSpace } from './locks.ts'

const MIGRATIONS = readMigrations(new URL('./migrations/', import.meta.url))

/** Number of steps. */
export const POSTGRES_VERSION = MIGRATIONS.length

/** The steps for a schema of this name, which the files have as `{{schema}}`; `{{lock_space}}` is its `lockSpace`. */
export function postgresMigrations(schema: string): string[] {
  const values: Record<string, string> = { schema, lock_space: String(lockSpace(schema)) }
  return MIGRATIONS.map((step) => step.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] as string))
}
