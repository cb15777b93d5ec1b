import { adviceOn } from '../advice.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** Reasons of dead letters with their numbers, and what to do about them. */
export function ReasonList({ reasons }: { reasons: Iterable<readonly [code: string, count: number]> }) {
  const t = texts.value.dead
  return (
    <ul class="reasons">
      {[...reasons].map(([code, count]) => (
        <li key={code}>
          <code class="reason">{code}</code> <span class="muted">× {formats.value.count(count)}</span>{' '}
          {t.advice[adviceOn(code)]}
        </li>
      ))}
    </ul>
  )
}
