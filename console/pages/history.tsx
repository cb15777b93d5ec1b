import { useState } from 'preact/hooks'
import { readLog, type LogQuery } from '../api/requests.ts'
import type { LogPage } from '../api/types.ts'
import { EventBrowser } from '../parts/event-browser.tsx'
import { EventFilter } from '../parts/event-filter.tsx'
import { InstancePicker } from '../parts/instance-picker.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { ownInstance } from '../state/session.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

const PAGE_SIZE = 50

type Cursor = number | 'latest'

export function HistoryPage({ instance }: { instance: string | undefined }) {
  const t = texts.value
  const [names, setNames] = useState<string[]>([])
  /** Starts of the pages up to the current one, which is the last. */
  const [cursors, setCursors] = useState<Cursor[]>(['latest'])
  const before = cursors.at(-1) ?? 'latest'
  const { value, error, loading, reload } = useLoaded(`${instance} ${names.join()} ${before}`, (signal) =>
    readPage({ instance, before, limit: PAGE_SIZE, events: names }, signal)
  )

  function toNewest(): void {
    if (before === 'latest') reload()
    setCursors(['latest'])
  }

  return (
    <>
      <PageHead title={t.pages.history} lead={t.history.lead}>
        {ownInstance.value === undefined && (
          <InstancePicker value={instance} withAll onPick={(name) => (location.hash = href('history', name))} />
        )}
      </PageHead>
      <EventFilter
        instance={instance}
        names={names}
        onChange={(next) => {
          setNames(next)
          setCursors(['latest'])
        }}
      />
      <nav class="row pager" aria-label={t.history.paging}>
        <button type="button" onClick={toNewest}>
          {t.history.newest}
        </button>
        <button type="button" disabled={cursors.length < 2} onClick={() => setCursors(cursors.slice(0, -1))}>
          {t.history.newer}
        </button>
        <button
          type="button"
          disabled={!value?.more || loading}
          onClick={() => value && setCursors([...cursors, value.before])}
        >
          {t.history.older}
        </button>
        <span class="muted" role="status">
          {value && value.events.length > 0
            ? t.history.range(
                formats.value.count(value.events.length),
                formats.value.count(value.events.at(-1)?.offset ?? 0),
                formats.value.count(value.events[0]?.offset ?? 0)
              )
            : loading
              ? t.loading
              : ''}
        </span>
      </nav>
      <Problem error={error} onRetry={reload} />
      {value?.events.length === 0 && (
        <p class="empty">{names.length === 0 ? t.history.empty : t.history.noneOfThese}</p>
      )}
      {value && value.events.length > 0 && <EventBrowser key={before} events={value.events} label={t.history.list} />}
    </>
  )
}

/** Reads the next page with events. For rare events the server searches a part of the log per request, so a page may be empty. */
async function readPage(query: LogQuery, signal: AbortSignal): Promise<LogPage> {
  let page = await readLog(query, signal)
  while (page.events.length === 0 && page.more) page = await readLog({ ...query, before: page.before }, signal)
  return page
}
