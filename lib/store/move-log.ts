import { StoreUnsupportedError } from '../errors.ts'
import { withoutPassword } from '../text/without-password.ts'
import { isPostgresUrl, storePath } from './open.ts'
import { PostgresImport } from './postgres/import.ts'
import { type LogCounts, SqliteExport } from './sqlite/export.ts'

/** The two ends of a move. */
export interface MoveLogOptions {
  /** `file:<path>`. No other process may have it open; its contents stay unchanged. */
  from: string
  /** `postgres://…`. No node may run on it. */
  to: string
  /** @default 'instance_events' */
  schema?: string
  /** Called after each page. */
  progress?: ((moved: Moved) => void) | undefined
}

/** Progress of one kind of row. */
export interface Moved {
  readonly what: 'events' | 'pending' | 'deadLetters'
  /** Number of rows that are in PostgreSQL. */
  readonly done: number
  /** Number of rows in the file. */
  readonly of: number
}

/** A page is one transaction, and is held in memory. */
const EVENTS_PAGE = { limit: 1_000, maxBytes: 8 * 1_048_576 }
const ROWS_PAGE = 5_000

/**
 * Copies a log from SQLite to PostgreSQL, with its offsets, keys and ids. When it is interrupted, another call continues at
 * that point. Neither database may be used before it is complete.
 * @returns the counts, which are equal on both sides; `already`: whether an earlier call had completed the move
 * @throws {StoreUnsupportedError} `from` is not a file, or `to` is not PostgreSQL
 * @throws {StoreUnusableError} either database cannot be read or written, is in use, or holds another log
 */
export async function moveLog(options: MoveLogOptions): Promise<{ counts: LogCounts; already: boolean }> {
  const { from, to, schema = 'instance_events', progress } = options
  if (!from.startsWith('file:')) throw new StoreUnsupportedError(withoutPassword(from), 'file:<path> as the source')
  if (!isPostgresUrl(to))
    throw new StoreUnsupportedError(withoutPassword(to), 'postgres://<user>@<host>/<database> as the target')
  const source = new SqliteExport(storePath(from))
  try {
    const target = await PostgresImport.open({ url: to, schema })
    try {
      return await copy({ source, target, progress })
    } finally {
      await target.close()
    }
  } finally {
    source.close()
  }
}

interface Copying {
  source: SqliteExport
  target: PostgresImport
  progress: MoveLogOptions['progress']
}

async function copy({ source, target, progress }: Copying): Promise<{ counts: LogCounts; already: boolean }> {
  const counts = source.counts()
  const position = await target.begin({
    fingerprint: source.fingerprint(),
    epochs: source.epochs(),
    counts,
    instances: source.instances(),
    shares: source.shares(),
    lastInstanceKey: source.lastKey('instances'),
    queues: source.queues()
  })
  if (position === undefined) return { counts, already: true }
  const done = { ...(await target.counts()) }
  const moved = (what: Moved['what'], by: number) => {
    done[what] += by
    progress?.({ what, done: done[what], of: counts[what] })
  }
  for (const page of pages(position.events, offsetOf, (after) => source.events(after, EVENTS_PAGE))) {
    await target.events(page)
    moved('events', page.length)
  }
  for (const page of pages(position.deliveries, offsetOf, (after) => source.deliveries(after, ROWS_PAGE))) {
    await target.deliveries(page)
    moved('pending', page.length)
  }
  for (const page of pages(position.deadLetters, idOf, (after) => source.deadLetters(after, ROWS_PAGE))) {
    await target.deadLetters(page)
    moved('deadLetters', page.length)
  }
  await target.finish(counts, source.lastKey('dead_letters'))
  return { counts, already: false }
}

const offsetOf = (row: { offset?: unknown }) => row.offset as number
const idOf = (row: { id?: unknown }) => row.id as number

/** Page after page, each read from the number of the last row of the page before. */
function* pages<T>(after: number, numberOf: (row: T) => number, read: (after: number) => T[]): Generator<T[]> {
  for (let page = read(after); page.length > 0; page = read(numberOf(page.at(-1) as T))) yield page
}
