import { readdirSync, readFileSync } from 'node:fs'

/**
 * The steps of a schema, from the `.sql` files of a folder in the order of their names: entry n brings version n to n + 1.
 * Steps are never edited once released.
 */
export function readMigrations(folder: URL): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
