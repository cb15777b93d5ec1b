import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { searchLog, type LogFilter } from '../api/log.ts'
import { searchSteps, type SearchProgress } from '../log-search.ts'
import { useSteps } from '../state/use-steps.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { EventBrowser } from './event-browser.tsx'
import { Problem } from './problem.tsx'

/** Events of one request. */
const LIMIT = 100

interface LogSearchProps {
  query: LogFilter & { search: string }
  onEnd: () => void
  /** Shown beside the buttons of the search. */
  children: ComponentChildren
}

/** A search in the log that begins at once, with its progress and what it has found. */
export function LogSearch({ query, onEnd, children }: LogSearchProps) {
  const t = texts.value
  const f = formats.value
  const id = useId()
  const read = (signal: AbortSignal) => (before: number | 'latest') =>
    searchLog({ ...query, before, limit: LIMIT }, signal)
  const work = useSteps<SearchProgress>({ begin: (signal) => searchSteps(undefined, read(signal)) })
  const { done, error } = work
  const isWorking = work.state === 'working'
  const end = work.state === 'stopped' ? 'stopped' : done?.before === undefined ? 'finished' : 'full'
  const { events = [], examined = 0, total = 0 } = done ?? {}
  return (
    <>
      <div class="search-progress">
        <p id={id} role="status" class="grow">
          {done ? t.log.progress(f.count(examined), f.count(total), f.count(events.length)) : t.loading}
          {!isWorking && ` ${t.log[end]}`}
        </p>
        {isWorking && (
          <button type="button" onClick={work.stop}>
            {t.log.stop}
          </button>
        )}
        {!isWorking && end !== 'finished' && (
          <button type="button" onClick={() => work.run((signal) => searchSteps(done, read(signal)), done)}>
            {t.log.goOn}
          </button>
        )}
        <button type="button" onClick={onEnd}>
          {t.log.end}
        </button>
        {children}
        <progress aria-labelledby={id} {...(done && { max: Math.max(total, 1), value: examined })} />
      </div>
      <Problem error={error} />
      {!isWorking && end === 'finished' && events.length === 0 && <p class="empty">{t.log.nothing(query.search)}</p>}
      {events.length > 0 && <EventBrowser events={events} label={t.log.found} />}
    </>
  )
}
