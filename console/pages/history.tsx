import { useState } from 'preact/hooks'
import { explanationsOfField } from '../explain.ts'
import { EventBrowser } from '../parts/event-browser.tsx'
import { EventFilter } from '../parts/event-filter.tsx'
import { ExportEvents } from '../parts/export-events.tsx'
import { FilterField } from '../parts/filter-field.tsx'
import { InstancePicker } from '../parts/instance-picker.tsx'
import { LogFind } from '../parts/log-find.tsx'
import { LogPager } from '../parts/log-pager.tsx'
import { LogSearch } from '../parts/log-search.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { filterFault } from '../selection-draft.ts'
import { eventsOf, ownInstance } from '../state/session.ts'
import { useDebounced } from '../state/use-debounced.ts'
import { useLogPage, type Place } from '../state/use-log-page.ts'
import { texts } from '../texts/current.ts'
import { messageWords } from '../texts/message-words.ts'
import { formats } from '../texts/formats.ts'

const NEWEST: Place = { before: 'latest' }

interface HistoryPageProps {
  instance: string | undefined
  /** Offset or id of the event that a link names. */
  linked: string | undefined
}

export function HistoryPage({ instance, linked }: HistoryPageProps) {
  const t = texts.value
  const [names, setNames] = useState<string[]>([])
  const [typed, setTyped] = useState('')
  /** The last text that was JSON, or empty. */
  const [valid, setValid] = useState('')
  const filter = useDebounced(valid)
  const [place, setPlace] = useState<Place>(linked === undefined ? NEWEST : { linked })
  /** The search that is shown instead of pages; searches for the same text are told apart by their number. */
  const [search, setSearch] = useState({ text: '', number: 0 })
  const [exported, setExported] = useState<string | undefined>()
  const isSearch = search.text !== ''
  const query = { instance, events: names, filter: filter || undefined }
  const { value, error, loading, reload } = useLogPage(query, isSearch ? undefined : place)
  const refusals = explanationsOfField(error, 'filter', messageWords.value)
  const wanted = JSON.stringify([query, search])

  function go(to: Place): void {
    setSearch({ ...search, text: '' })
    setPlace(to)
  }

  const exportButton = (
    <button type="button" onClick={() => setExported(wanted)}>
      {t.log.export}
    </button>
  )
  return (
    <>
      <PageHead title={t.pages.history} lead={t.history.lead}>
        {ownInstance.value === undefined && (
          <InstancePicker value={instance} withAll onPick={(name) => (location.hash = href('history', name))} />
        )}
      </PageHead>
      <LogFind onSearch={(text) => setSearch({ text, number: search.number + 1 })} onJump={(at) => go({ at })} />
      <EventFilter
        instance={instance}
        names={names}
        onChange={(next) => {
          setNames(next)
          setPlace(NEWEST)
        }}
        isFiltered={valid !== ''}
      >
        <FilterField
          events={eventsOf(instance)}
          filter={typed}
          refusals={refusals}
          onChange={(text) => {
            setTyped(text)
            if (filterFault(text) !== undefined) return
            setValid(text.trim())
            setPlace(NEWEST)
          }}
        />
      </EventFilter>
      {!isSearch && (
        <div class="row spread">
          <LogPager
            view={value}
            loading={loading}
            onNewest={() => (place === NEWEST ? reload() : setPlace(NEWEST))}
            onPlace={setPlace}
          />
          {exportButton}
        </div>
      )}
      {exported === wanted && (
        <ExportEvents key={wanted} query={{ ...query, search: search.text }} onClose={() => setExported(undefined)} />
      )}
      {isSearch && (
        <LogSearch key={wanted} query={{ ...query, search: search.text }} onEnd={() => go(place)}>
          {exportButton}
        </LogSearch>
      )}
      <Problem error={refusals.length > 0 ? undefined : error} onRetry={reload} />
      {value?.isGone && <p class="problem">{t.log.notFound(linked ?? '', instance ?? '')}</p>}
      {value?.events.length === 0 && (
        <p class="empty">
          {'at' in place
            ? t.log.noneSince(formats.value.dateTime(place.at))
            : names.length === 0 && filter === ''
              ? t.history.empty
              : t.history.noneOfThese}
        </p>
      )}
      {value && value.events.length > 0 && (
        <EventBrowser key={JSON.stringify(place)} events={value.events} label={t.history.list} initial={value.about} />
      )}
    </>
  )
}
