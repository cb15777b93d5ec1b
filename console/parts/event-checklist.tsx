import { useState } from 'preact/hooks'
import type { CatalogueEvent } from '../api/types.ts'
import { byHub } from '../events-by-hub.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

export interface EventChecklistProps {
  legend: string
  events: readonly CatalogueEvent[]
  /** Keys of the selected events. */
  selected: ReadonlySet<string>
  onChange: (selected: ReadonlySet<string>) => void
}

/** Checkboxes of events with a search, grouped by hub. "All" and "none" apply to the found ones. */
export function EventChecklist({ legend, events, selected, onChange }: EventChecklistProps) {
  const t = texts.value
  const f = formats.value
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const shown = events.filter(
    ({ name, key }) => name.toLowerCase().includes(wanted) || key.toLowerCase().includes(wanted)
  )
  const groups = byHub(shown, t.ownEvents)

  function change(keys: readonly string[], checked: boolean): void {
    const next = new Set(selected)
    for (const key of keys) {
      if (checked) next.add(key)
      else next.delete(key)
    }
    onChange(next)
  }

  return (
    <fieldset class="checklist">
      <legend>
        {legend} <span class="muted">{t.selectedOf(f.count(selected.size), f.count(events.length))}</span>
      </legend>
      <div class="row">
        <input
          type="search"
          value={search}
          placeholder={t.searchEvents}
          aria-label={t.searchEvents}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <button
          type="button"
          onClick={() =>
            change(
              shown.filter(({ inAll }) => inAll).map(({ key }) => key),
              true
            )
          }
        >
          {t.all}
        </button>
        <button
          type="button"
          onClick={() =>
            change(
              shown.map(({ key }) => key),
              false
            )
          }
        >
          {t.none}
        </button>
      </div>
      {shown.length === 0 && <p class="muted">{t.noEventFound}</p>}
      {groups.map(({ hub, title, events }) => (
        <div key={title} role="group" aria-label={title}>
          {groups.length > 1 && <p class="muted">{title}</p>}
          <div class="checks">
            {events.map(({ name, key, inAll }) => (
              <label key={key} class="check">
                <input
                  type="checkbox"
                  checked={selected.has(key)}
                  onChange={(event) => change([key], event.currentTarget.checked)}
                />
                <span>
                  {name}
                  {!inAll && <small> {hub === 'evolution' ? t.secretNotInAll : t.notInAll}</small>}
                </span>
              </label>
            ))}
          </div>
        </div>
      ))}
    </fieldset>
  )
}
