import { useState } from 'preact/hooks'
import { listInstances } from '../api/requests.ts'
import type { Instance, Selection } from '../api/types.ts'
import { CreateInstance } from '../parts/create-instance.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** Beyond these, a search finds them: nobody reads a list of thousands. */
const SHOWN = 200

export function InstancesPage() {
  const t = texts.value
  const f = formats.value
  const { value: instances, error, loading, reload } = useLoaded('instances', listInstances)
  const [search, setSearch] = useState('')
  const [creating, setCreating] = useState(false)
  const wanted = search.trim().toLowerCase()
  const found = (instances ?? []).filter(({ name }) => name.toLowerCase().includes(wanted))

  return (
    <>
      <PageHead title={t.pages.instances} lead={t.instances.lead}>
        <button type="button" class="primary" onClick={() => setCreating(true)}>
          {t.instances.create}
        </button>
      </PageHead>
      <Problem error={error} onRetry={reload} />
      {instances && instances.length > 0 && (
        <div class="row">
          <input
            type="search"
            class="grow"
            value={search}
            placeholder={t.instances.search}
            aria-label={t.instances.search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          <p class="muted" role="status">
            {t.instances.count(f.count(found.length), f.count(instances.length))}
          </p>
        </div>
      )}
      {!instances && loading && <p class="muted">{t.loading}</p>}
      {instances?.length === 0 && (
        <div class="empty">
          <p>{t.instances.empty}</p>
          <button type="button" onClick={() => setCreating(true)}>
            {t.instances.create}
          </button>
        </div>
      )}
      {instances && instances.length > 0 && found.length === 0 && <p class="empty">{t.instances.notFound(search)}</p>}
      {found.length > 0 && (
        <ul class="instances">
          {found.slice(0, SHOWN).map((instance) => (
            <Row key={instance.id} instance={instance} />
          ))}
        </ul>
      )}
      {found.length > SHOWN && <p class="muted">{t.instances.more(f.count(found.length - SHOWN))}</p>}
      {creating && <CreateInstance onCreated={reload} onClose={() => setCreating(false)} />}
    </>
  )
}

function Row({ instance: { name, createdAt, sqs, websocket } }: { instance: Instance }) {
  return (
    <li class="instance">
      <a href={href('instances', name)} class="instance-name">
        {name}
      </a>
      <Chip label="SQS" selection={sqs} />
      <Chip label="WebSocket" selection={websocket} />
      <span class="muted instance-created">{formats.value.dateTime(createdAt)}</span>
    </li>
  )
}

function Chip({ label, selection }: { label: string; selection: Selection | null }) {
  const t = texts.value
  return (
    <span class={selection?.enabled ? 'chip on' : 'chip'}>
      {label} {selection?.enabled ? t.instances.events(formats.value.count(selection.events.length)) : t.off}
    </span>
  )
}
