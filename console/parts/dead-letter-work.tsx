import { discard, redrive } from '../dead-letter-work.ts'
import { countOf, type WhichDeadLetters } from '../dead-letter-pages.ts'
import { NOTHING_REDRIVEN, type Redriven } from '../redrive-tally.ts'
import { href } from '../route.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { BulkWork } from './bulk-work.tsx'
import { ReasonList } from './reason-list.tsx'
import { ServerText } from './server-text.tsx'

export interface DeadLetterWorkProps {
  kind: 'redrive' | 'discard'
  which: WhichDeadLetters
  onDone: () => void
  onClose: () => void
}

/** Redrives or discards dead letters. The progress of a redrive says what became of them. */
export function DeadLetterWork({ kind, which, onDone, onClose }: DeadLetterWorkProps) {
  const t = texts.value.dead
  const { count } = formats.value
  const isRedrive = kind === 'redrive'
  return (
    <BulkWork
      title={isRedrive ? t.redriving : t.discarding}
      total={countOf(which)}
      begin={NOTHING_REDRIVEN}
      run={(running) => (isRedrive ? redrive : discard)(which, running)}
      help={isRedrive ? t.redriveHelp : t.discardHelp}
      summary={({ sent, dead, gone }) => [
        ...(isRedrive ? [t.sent(count(sent)), t.again(count(dead))] : []),
        ...(gone > 0 ? [t.gone(count(gone))] : [])
      ]}
      onDone={onDone}
      onClose={onClose}
    >
      {(redriven) => redriven.dead > 0 && <DeadAgainList {...redriven} />}
    </BulkWork>
  )
}

/** The reasons of dead letters that were given up again, and these dead letters. */
function DeadAgainList({ reasons, dead, deadAgain }: Redriven) {
  const t = texts.value
  const { count } = formats.value
  return (
    <>
      <ReasonList reasons={reasons} />
      <details>
        <summary>{t.dead.againList(count(dead))}</summary>
        <ul class="dead-again" tabIndex={0} aria-label={t.dead.againList(count(dead))}>
          {deadAgain.map(({ id, instance, event, offset, queue, reason, message }) => (
            <li key={id}>
              <strong>{event}</strong> <a href={href('instances', instance)}>{instance}</a>{' '}
              <span class="muted">
                {t.offset} {count(offset)} · {queue}
              </span>{' '}
              <code class="reason">{reason}</code> <ServerText code={reason} message={message} />
            </li>
          ))}
          {dead > deadAgain.length && <li class="muted">{t.dead.moreLetters(count(dead - deadAgain.length))}</li>}
        </ul>
      </details>
    </>
  )
}
