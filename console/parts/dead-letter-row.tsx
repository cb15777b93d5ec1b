import { useState } from 'preact/hooks'
import { readEvent } from '../api/log.ts'
import type { DeadLetter } from '../api/types.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { JsonView } from './json-view.tsx'
import { Problem } from './problem.tsx'
import { ServerText } from './server-text.tsx'

export interface DeadLetterRowProps {
  letter: DeadLetter
  chosen: boolean
  onChoose: (chosen: boolean) => void
  onRedrive: () => void
  onDiscard: () => void
}

/** A dead letter of a group, with its message and its payload. */
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
          <strong>{letter.event}</strong>{' '}
          <span class="muted">
            {t.offset} {f.count(letter.offset)} · {t.dead.tried(f.count(letter.tries))} ·{' '}
            {letter.tries > 1
              ? t.dead.between(f.dateTime(letter.firstDiedAt), f.dateTime(letter.diedAt))
              : f.dateTime(letter.diedAt)}
          </span>
        </p>
        <div>
          <Message letter={letter} />
        </div>
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

/** The message of AWS, which is English, or that of this server in the page's language. */
function Message({ letter: { reason, message } }: { letter: DeadLetter }) {
  const [bytes, limit] = message.match(/\d+/g) ?? []
  if (reason !== 'IEV_SQS_PAYLOAD_TOO_LARGE' || bytes === undefined || limit === undefined)
    return <ServerText code={reason} message={message} />
  const { count } = formats.value
  return <>{texts.value.dead.tooLarge(count(Number(bytes)), count(Number(limit)))}</>
}

function Payload({ letter: { instance, offset } }: { letter: DeadLetter }) {
  const t = texts.value
  const { value, error, loading, reload } = useLoaded(`${instance} ${offset}`, (signal) =>
    readEvent({ instance, offset }, signal)
  )
  if (error) return <Problem error={error} onRetry={reload} />
  if (value) return <JsonView value={value} label={t.dead.payload} />
  return <p class="muted">{loading ? t.loading : t.dead.payloadGone}</p>
}
