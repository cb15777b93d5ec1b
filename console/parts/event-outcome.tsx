import { adviceOn } from '../advice.ts'
import type { EventOutcome } from '../api/types.ts'
import { deadLettersHref } from '../route.ts'
import { ownInstance, session } from '../state/session.ts'
import { useOutcome } from '../state/use-outcome.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { Problem } from './problem.tsx'

type QueueOutcome = EventOutcome['queues'][number]

/** What becomes of an event that was sent: its queues until they have it, and the sockets that received it. */
export function EventOutcomeView({ instance, offset }: { instance: string; offset: number }) {
  const t = texts.value.outcome
  const { outcome, error } = useOutcome(instance, offset)
  if (error) return <Problem error={error} />
  if (!outcome) return <p class="muted">{texts.value.loading}</p>
  const { queues, complete, sockets, nodes } = outcome
  const server = session.value?.server
  const count = formats.value.count(sockets)
  return (
    <div class="outcome">
      {queues.length > 0 && (
        <ul aria-label={t.title}>
          {queues.map((queue) => (
            <QueueLine key={queue.queue} instance={instance} {...queue} />
          ))}
        </ul>
      )}
      {queues.length === 0 && complete && <p>{t.noQueue}</p>}
      {!complete && <p>{t.incomplete}</p>}
      {server?.websocket && <p>{nodes > 1 ? t.socketsOfNode(count, formats.value.count(nodes)) : t.sockets(count)}</p>}
    </div>
  )
}

function QueueLine({ instance, queue, outcome, deadLetter }: QueueOutcome & { instance: string }) {
  const t = texts.value.outcome
  const classes = { sent: 'state good', pending: 'state waiting', dead: 'state bad' }
  return (
    <li>
      <code>{queue}</code> <span class={classes[outcome]}>{t[outcome]}</span>
      {deadLetter && (
        <p>
          <code class="reason">{deadLetter.reason}</code> {texts.value.dead.advice[adviceOn(deadLetter.reason)]}{' '}
          {ownInstance.value === undefined && (
            <a href={deadLettersHref({ instance, queue, reason: deadLetter.reason })}>{t.toDeadLetters}</a>
          )}
        </p>
      )}
    </li>
  )
}
