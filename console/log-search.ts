import type { Message, SearchedPage } from './api/types.ts'

/** Events that a search shows, at most; it can be continued then. */
export const MAX_FOUND = 1_000

export interface SearchProgress {
  /** Newest first. */
  events: Message[]
  /** Offsets that were looked through, and those that the log has. */
  examined: number
  total: number
  /** Where to continue; `undefined` when the whole log was searched. */
  before: number | undefined
}

/**
 * Searches the log request by request, newest first, and yields what it has so far after each. Ends when the log is searched, or
 * with so many events that a page gets slow.
 * @param from where an earlier search has stopped
 * @param read reads the next part; what it throws ends the search
 */
export async function* searchSteps(
  from: SearchProgress | undefined,
  read: (before: number | 'latest') => Promise<SearchedPage>
): AsyncGenerator<SearchProgress, void> {
  let { events, examined, total } = from ?? { events: [], examined: 0, total: 0 }
  let before: number | 'latest' | undefined = from === undefined ? 'latest' : from.before
  const room = events.length + MAX_FOUND
  while (before !== undefined && events.length < room) {
    const page = await read(before)
    // An event that was found by its id comes again at its place.
    const known = new Set(events.map(({ offset }) => offset))
    events = [...events, ...page.events.filter(({ offset }) => !known.has(offset))]
    examined += page.examined
    total = Math.max(total, page.total)
    before = page.more ? page.before : undefined
    yield { events, examined, total, before }
  }
}
