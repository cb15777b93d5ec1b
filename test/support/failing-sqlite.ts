import { DatabaseSync } from 'node:sqlite'
import type { Test } from 'tap'

// https://www.sqlite.org/rescode.html
const IO_ERROR = { message: 'disk I/O error', errcode: 10 }
const FULL = { message: 'database or disk is full', errcode: 13 }

/** Makes each COMMIT fail as a disk would. No healthy disk can be made to. */
export function failCommits(t: Test): { restore: () => void } {
  return failExec(t, (statement) => statement === 'COMMIT', IO_ERROR)
}

/** Makes the next COMMITs fail as a disk would. */
export function failNextCommits(t: Test, count: number): { restore: () => void } {
  let failed = 0
  return failExec(t, (statement) => statement === 'COMMIT' && failed++ < count, IO_ERROR)
}

/** Makes each COMMIT fail as on a full disk. */
export function fillDisk(t: Test): { restore: () => void } {
  return failExec(t, (statement) => statement === 'COMMIT', FULL)
}

/** Makes each checkpoint fail as a full disk would. @returns also the checkpoints that were tried */
export function failCheckpoints(t: Test): { restore: () => void; tried: readonly string[] } {
  const tried: string[] = []
  const fails = (statement: string) => statement.includes('wal_checkpoint') && tried.push(statement) > 0
  return { ...failExec(t, fails, FULL), tried }
}

function failExec(
  t: Test,
  fails: (statement: string) => boolean,
  { message, errcode }: { message: string; errcode: number }
): { restore: () => void } {
  const { exec } = DatabaseSync.prototype
  const { restore } = t.intercept(DatabaseSync.prototype, 'exec', {
    configurable: true,
    value(this: DatabaseSync, statement: string) {
      if (fails(statement)) throw Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode })
      exec.call(this, statement)
    }
  })
  return { restore }
}
