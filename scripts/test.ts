import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { globSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suitesOf } from './suites.ts'
import { dropLeftovers, missingPostgres } from '../test/support/postgres.ts'

/** The major version of Node that covers all code. Some branches are for other versions. */
const COVERED = 24
/** Where tap writes the report of each suite. */
const REPORTS = '.tap/test-results'

/**
 * Runs tap with the given arguments. Without PostgreSQL, its tests are skipped and listed, and full coverage is not required; with
 * CI=true they fail instead. Full coverage is required on one version of Node. Afterwards, databases that interrupted
 * test files have left on PostgreSQL are dropped.
 */
const why = process.env.CI === 'true' ? undefined : await missingPostgres()
const args = process.argv.slice(2)
if (why !== undefined || !process.versions.node.startsWith(`${COVERED}.`)) args.unshift('--allow-incomplete-coverage')
const isFile = (arg: string) => arg.endsWith('.test.ts')
const files = args.some(isFile) ? args.filter(isFile) : globSync('test/**/*.test.ts').sort()
const run = randomUUID().slice(0, 8)
rmSync(REPORTS, { recursive: true, force: true })
const { status } = spawnSync('tap', [...args.filter((arg) => !isFile(arg)), ...suitesOf(files)], {
  stdio: 'inherit',
  env: { ...process.env, TEST_RUN: run }
})
if ((await missingPostgres()) === undefined) await dropLeftovers(run)
if (status !== 0) console.error(failures())
if (why !== undefined) {
  const using = (helper: string) =>
    globSync('test/**/*.test.ts')
      .filter((path) => readFileSync(path, 'utf8').includes(`${helper}(`))
      .sort()
      .map((path) => `  ${path}`)
  console.warn(
    [
      `\nNo PostgreSQL at TEST_DATABASE_URL or 127.0.0.1:5432 (${why}). Skipped, without full coverage:`,
      ...using('havePostgres'),
      'Tested on SQLite only:',
      ...using('backends')
    ].join('\n')
  )
}
process.exitCode = status ?? 1

/** What failed, from the reports that tap has written: the last lines of a run, which a log that is cut still has. */
function failures(): string {
  // Reports of suites are in a folder whose name begins with a dot, where a glob does not look.
  const failed = readdirSync(REPORTS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts.tap'))
    .sort()
    .flatMap((path) => {
      const found = readFileSync(join(REPORTS, path), 'utf8').match(/^( *)not ok .*(\n\1  ---[^]*?\n\1  \.\.\.$)?/gm)
      return found ? [path, ...found] : []
    })
  return failed.length > 0
    ? ['\nFailed:', ...failed].join('\n')
    : '\nNo test failed. If the table above has lines, these are not covered.'
}
