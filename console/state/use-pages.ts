import { useState } from 'preact/hooks'
import { useLoaded, type Loaded } from './use-loaded.ts'

export interface Page<T> {
  items: T[]
  more: boolean
}

export interface Pages<T> extends Pick<Loaded<T>, 'error' | 'loading'> {
  /** The items of all loaded pages. */
  items: T[]
  /** Loads the next page; `undefined` without one, and while a page is loading. */
  loadMore: (() => void) | undefined
  /** Loads the first page again. */
  restart: () => void
  /** Loads the failed page again. */
  retry: () => void
}

/** Loads a list page by page, and another list when `of` changes. @param load is called with the last item of the page before */
export function usePages<T>(
  of: string,
  load: (last: T | undefined, signal: AbortSignal) => Promise<Page<T>>
): Pages<T> {
  const [kept, setKept] = useState<{ of: string; items: T[] }>({ of, items: [] })
  const before = kept.of === of ? kept.items : []
  const page = useLoaded(`${of} ${before.length}`, (signal) => load(before.at(-1), signal))
  const items = [...before, ...(page.value?.items ?? [])]
  return {
    items,
    error: page.error,
    loading: page.loading,
    loadMore: page.value?.more ? () => setKept({ of, items }) : undefined,
    restart: () => {
      setKept({ of, items: [] })
      page.reload()
    },
    retry: page.reload
  }
}
