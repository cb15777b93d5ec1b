import { useState } from 'preact/hooks'
import { pageInstances, type InstanceSort, type InstanceCondition } from '../api/requests.ts'
import type { Instance } from '../api/types.ts'
import { BulkSelection, type ChosenInstances } from '../parts/bulk-selection.tsx'
import { CreateInstance } from '../parts/create-instance.tsx'
import { InstanceList, type InstanceOrder } from '../parts/instance-list.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Pager } from '../parts/pager.tsx'
import { Problem } from '../parts/problem.tsx'
import { useDebounced } from '../state/use-debounced.ts'
import { usePages } from '../state/use-pages.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

const PAGE_SIZE = 100
const STATES: readonly InstanceCondition[] = ['sqs', 'websocket', 'off', 'silent']

export function InstancesPage() {
  const t = texts.value
  const f = formats.value
  const [typed, setTyped] = useState('')
  const [state, setState] = useState<InstanceCondition | undefined>()
  const [{ sort, order }, setOrder] = useState<InstanceOrder>({ sort: 'name', order: 'asc' })
  const [creating, setCreating] = useState(false)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [changing, setChanging] = useState<ChosenInstances | undefined>()
  const search = useDebounced(typed.trim())
  const pages = usePages<Instance, Instance>(JSON.stringify([search, state, sort, order]), async (after, signal) => {
    const query = { search, state, sort, order, after, limit: PAGE_SIZE }
    const { instances, count } = await pageInstances(query, signal)
    return { items: instances, count, next: instances.length === PAGE_SIZE ? instances.at(-1) : undefined }
  })
  const { items, count, loading, error } = pages
  const none = items.length === 0 && !loading && !error
  const isNarrowed = search !== '' || state !== undefined

  function sortBy(next: InstanceSort): void {
    const first = next === 'name' ? 'asc' : 'desc'
    setOrder({ sort: next, order: next !== sort ? first : order === 'asc' ? 'desc' : 'asc' })
  }

  return (
    <>
      <PageHead title={t.pages.instances} lead={t.instances.lead}>
        <button type="button" class="primary" onClick={() => setCreating(true)}>
          {t.instances.create}
        </button>
      </PageHead>
      <Problem error={error} onRetry={pages.reload} />
      {!(none && typed === '' && !isNarrowed) && (
        <div class="row instance-filter">
          <input
            type="search"
            class="grow"
            value={typed}
            maxLength={100}
            placeholder={t.instances.search}
            aria-label={t.instances.search}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <select
            aria-label={t.instances.state}
            value={state ?? ''}
            onChange={({ currentTarget: { value } }) => setState(STATES.find((known) => known === value))}
          >
            <option value="">{t.instances.anyState}</option>
            {STATES.map((known) => (
              <option key={known} value={known}>
                {t.instances.states[known]}
              </option>
            ))}
          </select>
        </div>
      )}
      {none && !isNarrowed && (
        <div class="empty">
          <p>{t.instances.empty}</p>
          <button type="button" onClick={() => setCreating(true)}>
            {t.instances.create}
          </button>
        </div>
      )}
      {none && isNarrowed && <p class="empty">{search === '' ? t.instances.none : t.instances.notFound(search)}</p>}
      {items.length === 0 && loading && <p class="muted">{t.loading}</p>}
      {changing && (
        <BulkSelection
          chosen={changing}
          onDone={() => {
            setChosen(new Set())
            pages.reload()
          }}
          onClose={() => setChanging(undefined)}
        />
      )}
      {items.length > 0 && (
        <>
          <div class="row bulk">
            <button
              type="button"
              disabled={chosen.size === 0}
              onClick={() => setChanging({ count: chosen.size, names: [...chosen] })}
            >
              {t.instances.setChosen(f.count(chosen.size))}
            </button>
            <button type="button" onClick={() => setChanging({ count, filter: { search, state } })}>
              {t.instances.setAll(f.count(count))}
            </button>
            <span class="grow" />
            <Pager label={t.instances.paging} pages={pages} />
          </div>
          <InstanceList
            instances={items}
            sort={sort}
            order={order}
            chosen={chosen}
            onSort={sortBy}
            onChoose={(names, isChosen) =>
              setChosen(isChosen ? chosen.union(new Set(names)) : chosen.difference(new Set(names)))
            }
          />
        </>
      )}
      {creating && <CreateInstance onCreated={pages.restart} onClose={() => setCreating(false)} />}
    </>
  )
}
