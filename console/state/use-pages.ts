import { useRef, useState } from 'preact/hooks'
import { useLoaded, type Loaded } from './use-loaded.ts'

/** A page of a list as it is loaded. */
export interface Page<Item, Cursor> {
  items: Item[]
  /** Number of items of the whole list. */
  count: number
  /** Position at which the next page begins; `undefined` at the end of the list. */
  next: Cursor | undefined
}

export interface Pages<Item> extends Pick<Loaded<unknown>, 'error' | 'loading' | 'reload'> {
  /** Items of the current page; while another one is loading, those of the page before. */
  items: Item[]
  /** Place of the first item in the list, from 1. */
  first: number
  /** Number of items of the whole list. */
  count: number
  /** Goes to the page before; `undefined` on the first one. */
  previous: (() => void) | undefined
  /** Goes to the next page; `undefined` on the last one, and while a page is loading. */
  next: (() => void) | undefined
  /** Loads the first page again. */
  restart: () => void
}

/** Where a page begins: its place in the list, and the position that the server knows; `undefined` for the first page. */
interface Place<Cursor> {
  first: number
  cursor: Cursor | undefined
}

/** Loads a list page by page, one page at a time, and another list when `of` changes. */
export function usePages<Item, Cursor>(
  of: string,
  load: (cursor: Cursor | undefined, signal: AbortSignal) => Promise<Page<Item, Cursor>>
): Pages<Item> {
  const [kept, setKept] = useState<{ of: string; places: Place<Cursor>[] }>({ of, places: [] })
  const places = kept.of === of ? kept.places : []
  const { first, cursor } = places.at(-1) ?? { first: 1, cursor: undefined }
  const { value, error, loading, reload } = useLoaded(`${of} ${JSON.stringify(cursor)}`, (signal) =>
    load(cursor, signal)
  )
  const last = useRef<{ of: string; first: number; page: Page<Item, Cursor> } | undefined>(undefined)
  if (value) last.current = { of, first, page: value }
  const shown = last.current?.of === of ? last.current : undefined
  const { items = [], count = 0 } = shown?.page ?? {}
  const go = (places: Place<Cursor>[]) => setKept({ of, places })
  return {
    items,
    first: shown?.first ?? 1,
    count,
    error,
    loading,
    reload,
    previous: places.length === 0 ? undefined : () => go(places.slice(0, -1)),
    next:
      value?.next === undefined
        ? undefined
        : () => go([...places, { first: first + value.items.length, cursor: value.next }]),
    restart: () => {
      go([])
      reload()
    }
  }
}
