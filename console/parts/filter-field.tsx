import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { CatalogueEvent } from '../api/types.ts'
import type { Explanation } from '../explain.ts'
import { PRESET_EVENT, PRESETS, withPreset } from '../filter-presets.ts'
import { jsonFaultText } from '../json-fault-text.ts'
import { filterFault } from '../selection-draft.ts'
import { texts } from '../texts/current.ts'
import { FieldHelp } from './field-help.tsx'

interface FilterFieldProps {
  /** The events that the filter is for. */
  events: readonly CatalogueEvent[]
  /** JSON; empty: no filter. */
  filter: string
  /** What the server says of it, if it refused it. */
  refusals: readonly Explanation[]
  onChange: (filter: string) => void
  /** Shown below if there is a filter that is JSON. */
  children?: ComponentChildren
}

/** Edits a filter policy as JSON, with presets for messages. */
export function FilterField({ events, filter, refusals, onChange, children }: FilterFieldProps) {
  const t = texts.value
  const id = useId()
  const fault = filterFault(filter)
  return (
    <div class="filter-field">
      <label class="field">
        <span>{t.filters.filter}</span>
        <textarea
          class="mono"
          rows={Math.min(16, Math.max(3, filter.split('\n').length))}
          spellcheck={false}
          value={filter}
          aria-invalid={fault !== undefined || refusals.length > 0}
          aria-describedby={id}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      </label>
      <FieldHelp id={id} fault={fault && jsonFaultText(fault)} refusals={refusals} help={t.filters.filterHelp} />
      <div class="row">
        {events.some(({ key }) => key === PRESET_EVENT.key) && (
          <div class="row" role="group" aria-label={t.filters.presets(PRESET_EVENT.name)}>
            {PRESETS.map((preset) => (
              <button
                key={preset}
                type="button"
                aria-disabled={fault !== undefined}
                onClick={() => fault === undefined && onChange(withPreset(filter, preset))}
              >
                {t.filters.preset[preset]}
              </button>
            ))}
          </div>
        )}
        <button type="button" aria-disabled={filter === ''} onClick={() => onChange('')}>
          {t.filters.removeFilter}
        </button>
      </div>
      {filter.trim() !== '' && fault === undefined && children}
    </div>
  )
}
