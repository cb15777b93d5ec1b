import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import coverageMap from '../test/support/coverage-map.ts'

/** Where the files are written that load the test files of a suite. */
const FOLDER = '.tap/suites'
/** Test files in one process at most, so that there is something to do for each core until the end. */
const MAX_FILES = 6
/** The same in folders whose files take long, since there is a time limit for a process. */
const MAX_SLOW_FILES: Readonly<Record<string, number>> = { behaviour: 4, console: 3, documents: 3 }
/** What a test file sets for all of its process. */
const SETS_PROCESS = /^(t\.(jobs|setTimeout)|process\.env)\b/m
/** Further test files that use up a core, or change or measure their process. A name that ends with / is a folder. */
const ALONE = [
  'test/chaos/',
  'test/fuzz/',
  'test/simulation/',
  'test/types/',
  'test/behaviour/clock-set-back.test.ts',
  'test/behaviour/loaded-packages.test.ts',
  'test/behaviour/require.test.ts',
  'test/behaviour/sqs-clock.test.ts',
  'test/behaviour/stalled-clients.test.ts',
  'test/behaviour/live-sockets-without-room.test.ts',
  'test/behaviour/too-many-sockets.test.ts',
  'test/store/postgres/new-deliveries.test.ts',
  'test/telemetry/instrumented-host.test.ts'
]

/**
 * Puts test files of the same folder together: a suite is a file that loads several of them into one process, which loads the
 * packages once. Those in which no coverage is measured are not put together with others.
 * @param files paths from the root of the project @returns paths of suites, and of test files that stay alone
 */
export function suitesOf(files: readonly string[]): string[] {
  rmSync(FOLDER, { recursive: true, force: true })
  const alone = files.filter(
    (file) => ALONE.some((path) => file.startsWith(path)) || SETS_PROCESS.test(readFileSync(file, 'utf8'))
  )
  const folderOf = (file: string) =>
    join(coverageMap(file) === null ? 'unmeasured' : 'measured', relative('test', dirname(file)))
  const groups = Object.groupBy(
    files.filter((file) => !alone.includes(file)),
    folderOf
  )
  return [...alone, ...Object.entries(groups).flatMap(([folder, members = []]) => suitesIn(folder, members))]
}

function suitesIn(folder: string, files: readonly string[]): string[] {
  const count = Math.ceil(files.length / (MAX_SLOW_FILES[basename(folder)] ?? MAX_FILES))
  return Array.from({ length: count }, (_, index) => {
    const own = files.filter((_, place) => place % count === index)
    const [first, ...others] = own as [string, ...string[]]
    if (others.length === 0) return first
    const path = join(FOLDER, folder, `${index + 1}.test.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, own.map((file) => `import '${relative(dirname(path), file)}'\n`).join(''))
    return path
  })
}
