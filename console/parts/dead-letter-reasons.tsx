import { useRef } from 'preact/hooks'
import { adviceOn } from '../advice.ts'
import { groupDeadLetters } from '../api/requests.ts'
import type { DeadLetterGroups } from '../api/types.ts'
import { deadLettersHref } from '../route.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'

/** Reasons that are listed. */
const LISTED = 3

export interface DeadLetterReasonsProps {
  count: number
  /** The time of the server, in milliseconds since 1970. */
  now: number
}

/**
 * The most frequent reasons of dead letters, each with what to do. The server counts all dead letters for them: they are loaded
 * each minute, and when there are twice as many.
 */
export function DeadLetterReasons({ count, now }: DeadLetterReasonsProps) {
  const of = `${Math.ceil(Math.log2(count))} ${Math.floor(now / 60_000)}`
  const { value } = useLoaded(of, (signal) => groupDeadLetters({ limit: LISTED }, signal))
  // The last ones stay until others are loaded.
  const last = useRef<DeadLetterGroups | undefined>(undefined)
  last.current = value ?? last.current
  return (
    <ul class="reasons">
      {last.current?.reasons.map(({ name }) => (
        <li key={name}>
          <a href={deadLettersHref({ reason: name })}>
            <code class="reason">{name}</code>
          </a>{' '}
          {texts.value.dead.advice[adviceOn(name)]}
        </li>
      ))}
    </ul>
  )
}
