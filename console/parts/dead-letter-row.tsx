import { useState } from 'preact/hooks'
import { readEvent } from '../api/requests.ts'
import type { DeadLetter } from '../api/types.ts'
import { href } from '../route.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { JsonView } from './json-view.tsx'
import { Problem } from './problem.tsx'

export interface DeadLetterRowProps {
  letter: DeadLetter
  chosen: boolean
  onChoose: (chosen: boolean) => void
  onRedrive: () => void
  onDiscard: () => void
}

/** A dead letter with its reason, its queue and its payload. */
export function DeadLetterRow({ letter, chosen, onChoose, onRedrive, onDiscard }: DeadLetterRowProps) {
  const t = texts.value
  const f = formats.value
  const [open, setOpen] = useState(false)
  const named = `${letter.event} ${letter.offset}`
  return (
    <li class="letter">
      <input
        type="checkbox"
        checked={chosen}
        aria-label={t.dead.choose(named)}
        onChange={(event) => onChoose(event.currentTarget.checked)}
      />
      <div class="letter-text">
        <p>
          <strong>{letter.event}</strong> <a href={href('instances', letter.instance)}>{letter.instance}</a>{' '}
          <span class="muted">
            {f.dateTime(letter.diedAt)} · {t.offset} {letter.offset} · {t.faults.attempts(f.count(letter.attempts))}
          </span>
        </p>
        <p>
          <code class="reason">{letter.reason}</code> {letter.message}
        </p>
        <p class="muted">
          {t.dead.queue} <code>{letter.queue}</code>
        </p>
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t.dead.payload}</summary>
          {open && <Payload letter={letter} />}
        </details>
      </div>
      <div class="letter-actions">
        <button type="button" onClick={onRedrive} aria-label={`${t.dead.redriveOne}: ${named}`}>
          {t.dead.redriveOne}
        </button>
        <button type="button" class="danger" onClick={onDiscard} aria-label={`${t.dead.discardOne}: ${named}`}>
          {t.dead.discardOne}
        </button>
      </div>
    </li>
  )
}

function Payload({ letter: { instance, offset } }: { letter: DeadLetter }) {
  const t = texts.value
  const { value, error, loading, reload } = useLoaded(`${instance} ${offset}`, (signal) =>
    readEvent(instance, offset, signal)
  )
  if (error) return <Problem error={error} onRetry={reload} />
  if (value) return <JsonView value={value} label={t.dead.payload} />
  return <p class="muted">{loading ? t.loading : t.dead.payloadGone}</p>
}
