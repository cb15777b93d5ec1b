import type { ComponentChildren } from 'preact'
import { texts } from '../texts/current.ts'
import { ModeHint } from './mode-hint.tsx'
import { SelectionForm, type SelectionFormProps } from './selection-form.tsx'

export interface TransportCardProps extends SelectionFormProps {
  /** True if the server has this transport. */
  available: boolean
  children: ComponentChildren
}

/** The selection of an instance for one transport. */
export function TransportCard({ available, children, ...form }: TransportCardProps) {
  const t = texts.value.transports
  const { transport, instance } = form
  return (
    <section class="card transport" aria-labelledby={`transport-${transport}`}>
      <h2 id={`transport-${transport}`}>{t[transport].title}</h2>
      {available ? (
        <>
          <ModeHint transport={transport} name={instance.name} />
          <SelectionForm {...form} />
          {children}
        </>
      ) : (
        <p class="notice">{t[transport].switchedOff}</p>
      )}
    </section>
  )
}
