import { StoreUnsupportedError } from '../errors.ts'
import { isPostgresUrl, storePath } from './open.ts'
import { PostgresImport } from './postgres/import.ts'
import { type LogCounts, SqliteExport } from './sqlite/export.ts'

export interface MoveLogOptions {
  /** `file:<path>`; nobody may have it open, and nothing in it is changed. */
  from: string
  /** `postgres://…`; nobody may run on it. */
  to: string
  /** @default 'instance_events' */
  schema?: string
  /** Told after each page. */
  progress?: ((moved: Moved) => void) | undefined
}

/** How many of one kind are there, of how many. */
export interface Moved {
  readonly what: 'events' | 'pending' | 'deadLetters'
  readonly done: number
  readonly of: number
}

/** A page is one transaction, and in memory meanwhile. */
const EVENTS_PAGE = { limit: 1_000, maxBytes: 8 * 1_048_576 }
const ROWS_PAGE = 5_000

/**
 * Copies a log from SQLite to PostgreSQL with all its numbers. Stopped at any point, it goes on there when it is called again;
 * both are to be left alone until it is through.
 * @returns what was counted on both sides; `already`: an earlier call did it
 * @throws {StoreUnsupportedError} it goes from a file to PostgreSQL only
 * @throws {StoreUnusableError} either cannot be read or written, is in use, or holds something else
 */
export async function moveLog(options: MoveLogOptions): Promise<{ counts: LogCounts; already: boolean }> {
  const { from, to, schema = 'instance_events', progress } = options
  if (!from.startsWith('file:')) throw new StoreUnsupportedError(from)
  if (!isPostgresUrl(to)) throw new StoreUnsupportedError(to)
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
    logId: source.logId(),
    counts,
    instances: source.instances(),
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

/** One page after the other, each read from the number of the last row before it. */
function* pages<T>(after: number, numberOf: (row: T) => number, read: (after: number) => T[]): Generator<T[]> {
  for (let page = read(after); page.length > 0; page = read(numberOf(page.at(-1) as T))) yield page
}
