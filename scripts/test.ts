import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { suitesOf } from './suites.ts'
import { dropLeftovers, missingPostgres } from '../test/support/postgres.ts'

/** The major version of Node that covers all code. Some branches are for other versions. */
const COVERED = 24

/**
 * Runs tap with the given arguments. Without PostgreSQL, its tests are skipped and listed, and full coverage is not required; with
 * CI=true they fail instead. Full coverage is required on one version of Node. Afterwards, databases that interrupted test files have
 * left on PostgreSQL are dropped.
 */
const why = process.env.CI === 'true' ? undefined : await missingPostgres()
const args = process.argv.slice(2)
if (why !== undefined || !process.versions.node.startsWith(`${COVERED}.`)) args.unshift('--allow-incomplete-coverage')
const isFile = (arg: string) => arg.endsWith('.test.ts')
const files = args.some(isFile) ? args.filter(isFile) : globSync('test/**/*.test.ts').sort()
const run = randomUUID().slice(0, 8)
const { status } = spawnSync('tap', [...args.filter((arg) => !isFile(arg)), ...suitesOf(files)], {
  stdio: 'inherit',
  env: { ...process.env, TEST_RUN: run }
})
if ((await missingPostgres()) === undefined) await dropLeftovers(run)
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
