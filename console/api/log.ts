import { parseExactly } from '../exact-json.ts'
import { objectWith } from './answers.ts'
import { request } from './requests.ts'
import type { LogPage, Message, SearchedPage } from './types.ts'

/** Where a page of the log begins: newest first before an offset, or with the events after an offset or from a time on. */
export type Cursor =
  | { readonly before: number | 'latest' }
  | { readonly after: number }
  /** ISO 8601. */
  | { readonly at: string }

/** The events that pages are of. */
export interface LogFilter {
  /** Without it, all instances. */
  instance?: string | undefined
  /** Names; empty: all. */
  events?: readonly string[]
  /** JSON. @default all */
  filter?: string | undefined
}

/** A page with the pages beside it. */
export interface LogView {
  /** Newest first. */
  events: Message[]
  /** `undefined` without any. */
  older: Cursor | undefined
  newer: Cursor | undefined
}

const LOG_PAGE = objectWith<LogPage>({ events: 'list' })
const SEARCHED_PAGE = objectWith<SearchedPage>({
  events: 'list',
  before: 'number',
  examined: 'number',
  total: 'number'
})

interface Part extends LogFilter {
  cursor: Cursor
  limit: number
  search?: string
  /** True to keep all digits of numbers: `parseExactly`. */
  exact?: boolean
}

/** Reads the next page with events. For rare events the server looks at a part of the log per request. */
export async function readLog(query: Omit<Part, 'search'>, signal?: AbortSignal): Promise<LogView> {
  let page = await readPart(query, LOG_PAGE, signal)
  while (page.events.length === 0 && page.more)
    page = await readPart({ ...query, cursor: nextOf(page) }, LOG_PAGE, signal)
  const { events, more } = page
  if ('before' in query.cursor) {
    const isNewest = query.cursor.before === 'latest'
    return {
      events,
      older: more ? nextOf(page) : undefined,
      newer: isNewest || !events[0] ? undefined : { after: events[0].offset }
    }
  }
  const [oldest] = events
  return {
    events: events.toReversed(),
    older: { before: oldest?.offset ?? (page.after ?? 0) + 1 },
    newer: more ? nextOf(page) : undefined
  }
}

/** Reads a part of a search, newest first. */
export function searchLog(
  query: LogFilter & { search: string; before: number | 'latest'; limit: number; exact?: boolean },
  signal: AbortSignal
): Promise<SearchedPage> {
  const { before, ...part } = query
  return readPart({ ...part, cursor: { before } }, SEARCHED_PAGE, signal)
}

/** Reads a part of the log for a file, newest first. */
export async function readForExport(
  query: LogFilter & { search: string; before: number | 'latest'; limit: number },
  signal: AbortSignal
): Promise<{ events: Message[]; before: number | undefined }> {
  const { before, search, ...part } = query
  const page =
    search === ''
      ? await readPart({ ...part, cursor: { before }, exact: true }, LOG_PAGE, signal)
      : await searchLog({ ...query, exact: true }, signal)
  return { events: page.events, before: page.more ? page.before : undefined }
}

function readPart<T extends LogPage>(
  { instance, cursor, events = [], exact, ...query }: Part,
  check: (answer: unknown) => answer is T,
  signal: AbortSignal | undefined
): Promise<T> {
  return request({
    path: instance === undefined ? 'events' : `events/${encodeURIComponent(instance)}`,
    query: { ...cursor, ...query, ...(events.length > 0 && { events: events.join(',') }) },
    signal,
    check,
    ...(exact && { parse: parseExactly })
  })
}

function nextOf({ before, after = 0 }: LogPage): Cursor {
  return before === undefined ? { after } : { before }
}

/** The last event of this name; `undefined` if the log has none. */
export async function lastEvent(instance: string, event: string): Promise<Message | undefined> {
  const { events } = await readLog({ instance, cursor: { before: 'latest' }, limit: 1, events: [event] })
  return events[0]
}

/** True if an event of the log passes a filter. @param filter JSON */
export async function passesFilter(instance: string, { offset }: Message, filter: string): Promise<boolean> {
  const { events } = await readPart({ instance, cursor: { after: offset - 1 }, limit: 1, filter }, LOG_PAGE, undefined)
  return events.some((event) => event.offset === offset)
}

/** The event at this offset; `undefined` if it is no longer in the log. @param exact as in `Part` */
export async function readEvent(
  { instance, offset, exact = false }: { instance: string; offset: number; exact?: boolean },
  signal?: AbortSignal
): Promise<Message | undefined> {
  const { events } = await readPart({ instance, cursor: { after: offset - 1 }, limit: 1, exact }, LOG_PAGE, signal)
  return events.find((event) => event.offset === offset)
}

/** The event that a link names by its offset, or by its id; `undefined` if the log does not have it. */
export async function readLinked(instance: string, event: string, signal: AbortSignal): Promise<Message | undefined> {
  if (/^[1-9][0-9]{0,14}$/.test(event)) return readEvent({ instance, offset: Number(event) }, signal)
  const { events } = await searchLog({ instance, search: event, before: 'latest', limit: 1 }, signal)
  return events.find(({ id }) => id === event)
}
