import { readLinked, readLog, type Cursor, type LogFilter, type LogView } from '../api/log.ts'
import type { Message } from '../api/types.ts'
import { useLoaded, type Loaded } from './use-loaded.ts'

const PAGE_SIZE = 50

export interface LogPageView extends LogView {
  /** The event that the page is about: that of a link, or the first one from a time on. */
  about: Message | undefined
  /** True if the log does not have the event of a link. */
  isGone: boolean
}

/** Where a page of the history begins. A link names an event by its offset or id. */
export type Place = Cursor | { readonly linked: string }

/** A page of the log. @param place `undefined`: no page is loaded */
export function useLogPage(filter: LogFilter, place: Place | undefined): Loaded<LogPageView | undefined> {
  return useLoaded(JSON.stringify([filter, place]), async (signal) => {
    if (!place) return undefined
    if (!('linked' in place)) {
      const view = await readLog({ ...filter, cursor: place, limit: PAGE_SIZE }, signal)
      return { ...view, about: 'at' in place ? view.events.at(-1) : undefined, isGone: false }
    }
    const event = await readLinked(filter.instance as string, place.linked, signal)
    const cursor = event ? { before: event.offset + 1 } : { before: 'latest' as const }
    const view = await readLog({ ...filter, cursor, limit: PAGE_SIZE }, signal)
    return { ...view, about: view.events.find(({ offset }) => offset === event?.offset), isGone: !event }
  })
}
