import type { Place } from '../state/use-log-page.ts'
import type { LogView } from '../api/log.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

interface LogPagerProps {
  view: LogView | undefined
  loading: boolean
  onNewest: () => void
  onPlace: (place: Place) => void
}

/** The buttons of the pages of the log, and which events the page has. */
export function LogPager({ view, loading, onNewest, onPlace }: LogPagerProps) {
  const t = texts.value
  const f = formats.value
  const { events = [], newer, older } = view ?? {}
  return (
    <nav class="row pager" aria-label={t.history.paging}>
      <button type="button" onClick={onNewest}>
        {t.history.newest}
      </button>
      <button type="button" disabled={!newer || loading} onClick={() => newer && onPlace(newer)}>
        {t.history.newer}
      </button>
      <button type="button" disabled={!older || loading} onClick={() => older && onPlace(older)}>
        {t.history.older}
      </button>
      <span class="muted" role="status">
        {events.length > 0
          ? t.history.range(
              f.count(events.length),
              f.count(events.at(-1)?.offset ?? 0),
              f.count(events[0]?.offset ?? 0)
            )
          : loading
            ? t.loading
            : ''}
      </span>
    </nav>
  )
}
