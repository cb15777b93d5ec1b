import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Test } from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { NewEvent } from '../../lib/events/event.ts'
import { folder } from './build.ts'

/** Writes a log to a file and closes it. @returns its path */
export async function writeLog(t: Test, events: readonly NewEvent[]): Promise<string> {
  const path = join(folder(t), 'events.db')
  const store = new SqliteStore({ path })
  await store.log.append(events)
  await store.close()
  return path
}

/** Overwrites a file at these places. */
export function overwrite(path: string, places: Iterable<number>, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  for (const place of places) writeSync(file, bytes, 0, bytes.length, place)
  closeSync(file)
}

/** Returns the place of a text in a file. */
export function placeOf(path: string, text: string): number {
  return readFileSync(path).indexOf(text)
}

/** Returns the places of the pages that hold the rows of a table or an index, in the order of keys. */
export function leavesOf(path: string, name: string): number[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db
    .prepare(`SELECT pageno, pgsize FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path`)
    .all(name)
  db.close()
  return rows.map(({ pageno, pgsize }) => ((pageno as number) - 1) * (pgsize as number))
}
