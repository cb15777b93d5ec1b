import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'

/** The folder of the programs of Debian's package, the newest that is installed; `undefined` without any. */
export function postgresPrograms(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin')
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
}

/**
 * The user who must run PostgreSQL, which refuses to run as root; `undefined` for any other user.
 * @throws without a user postgres
 */
export function postgresOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }))
  return { uid: id('-u'), gid: id('-g') }
}
