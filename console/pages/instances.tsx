import { useState } from 'preact/hooks'
import { findInstances } from '../api/requests.ts'
import type { Instance, Selection } from '../api/types.ts'
import { LastEvent, SilentChip } from '../parts/activity.tsx'
import { CreateInstance } from '../parts/create-instance.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { useDebounced } from '../state/use-debounced.ts'
import { usePages } from '../state/use-pages.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

const PAGE_SIZE = 200

export function InstancesPage() {
  const t = texts.value
  const f = formats.value
  const [typed, setTyped] = useState('')
  const [creating, setCreating] = useState(false)
  const search = useDebounced(typed.trim())
  const { items, error, loading, loadMore, restart, retry } = usePages<Instance>(search, (last, signal) =>
    findInstances({ search, after: last?.name, limit: PAGE_SIZE }, signal)
  )
  const none = items.length === 0 && !loading && !error

  return (
    <>
      <PageHead title={t.pages.instances} lead={t.instances.lead}>
        <button type="button" class="primary" onClick={() => setCreating(true)}>
          {t.instances.create}
        </button>
      </PageHead>
      <Problem error={error} onRetry={retry} />
      {!(none && typed === '') && (
        <div class="row">
          <input
            type="search"
            class="grow"
            value={typed}
            maxLength={100}
            placeholder={t.instances.search}
            aria-label={t.instances.search}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <p class="muted" role="status">
            {loading ? t.loading : t.instances.shown(f.count(items.length))}
          </p>
        </div>
      )}
      {none && search === '' && (
        <div class="empty">
          <p>{t.instances.empty}</p>
          <button type="button" onClick={() => setCreating(true)}>
            {t.instances.create}
          </button>
        </div>
      )}
      {none && search !== '' && <p class="empty">{t.instances.notFound(search)}</p>}
      {items.length > 0 && (
        <ul class="instances">
          {items.map((instance) => (
            <Row key={instance.id} instance={instance} />
          ))}
        </ul>
      )}
      {loadMore && (
        <button type="button" onClick={loadMore}>
          {t.instances.more}
        </button>
      )}
      {creating && <CreateInstance onCreated={restart} onClose={() => setCreating(false)} />}
    </>
  )
}

function Row({ instance: { name, activity, sqs, websocket } }: { instance: Instance }) {
  return (
    <li class="instance">
      <span class="instance-name">
        <a href={href('instances', name)}>{name}</a> <SilentChip activity={activity} />
      </span>
      <Chip label="SQS" selection={sqs} />
      <Chip label="WebSocket" selection={websocket} />
      <span class="muted instance-last">
        <LastEvent activity={activity} />
      </span>
    </li>
  )
}

function Chip({ label, selection }: { label: string; selection: Selection }) {
  const t = texts.value
  return (
    <span class={selection.enabled ? 'chip on' : 'chip'}>
      {label} {selection.enabled ? t.instances.events(formats.value.count(selection.events.length)) : t.off}
    </span>
  )
}
