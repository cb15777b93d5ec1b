import { useState } from 'preact/hooks'
import type { CatalogueEvent } from '../api/types.ts'
import { type EventGroup, groupEvents } from '../event-groups.ts'
import { EVENT_PRESETS, presetKeys } from '../event-presets.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

export interface EventChecklistProps {
  legend: string
  events: readonly CatalogueEvent[]
  /** Keys of the selected events. */
  selected: ReadonlySet<string>
  onChange: (selected: ReadonlySet<string>) => void
}

/** Checkboxes of events with a search, grouped by what they are about. "All" and "none" apply to the found ones. */
export function EventChecklist({ legend, events, selected, onChange }: EventChecklistProps) {
  const t = texts.value
  const f = formats.value
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const shown = events.filter(
    ({ name, key }) => name.toLowerCase().includes(wanted) || key.toLowerCase().includes(wanted)
  )

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
        <button type="button" onClick={() => change(common(shown), true)}>
          {t.all}
        </button>
        <button type="button" onClick={() => change(keysOf(shown), false)}>
          {t.none}
        </button>
      </div>
      <div class="row presets" role="group" aria-label={t.eventPresets.title}>
        <span class="muted">{t.eventPresets.title}</span>
        {EVENT_PRESETS.map((preset) => {
          const keys = presetKeys(preset, events)
          return (
            keys.length > 0 && (
              <button key={preset} type="button" onClick={() => onChange(new Set(keys))}>
                {t.eventPresets[preset]}
              </button>
            )
          )
        })}
      </div>
      {shown.length === 0 && <p class="muted">{t.noEventFound}</p>}
      {groupEvents(shown, t.ownEvents).map((group) => (
        <Group key={`${group.hub} ${group.family}`} {...group} selected={selected} onChange={change} />
      ))}
    </fieldset>
  )
}

interface GroupProps extends EventGroup {
  selected: ReadonlySet<string>
  onChange: (keys: readonly string[], checked: boolean) => void
}

function Group({ family, hub, events, selected, onChange }: GroupProps) {
  const t = texts.value
  const title = hub === undefined ? t.families[family] : `${hub} · ${t.families[family]}`
  const chosen = events.filter(({ key }) => selected.has(key)).length
  const keys = common(events)
  return (
    <div class="check-group" role="group" aria-label={title}>
      <label class="check check-head">
        <input
          type="checkbox"
          checked={chosen === events.length}
          indeterminate={chosen > 0 && chosen < events.length}
          onChange={(event) =>
            onChange(event.currentTarget.checked ? keys : keysOf(events), event.currentTarget.checked)
          }
        />
        <span>{title}</span>
      </label>
      <div class="checks">
        {events.map(({ name, key, inAll, hub: source }) => (
          <label key={key} class="check">
            <input
              type="checkbox"
              checked={selected.has(key)}
              onChange={(event) => onChange([key], event.currentTarget.checked)}
            />
            <span>
              {name}
              {!inAll && <small> {source === 'evolution' ? t.secretNotInAll : t.notInAll}</small>}
            </span>
          </label>
        ))}
      </div>
    </div>
  )
}

function keysOf(events: readonly CatalogueEvent[]): string[] {
  return events.map(({ key }) => key)
}

/** Keys of the events that "all" includes. */
function common(events: readonly CatalogueEvent[]): string[] {
  return keysOf(events.filter(({ inAll }) => inAll))
}
