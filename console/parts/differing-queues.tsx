import type { Overview } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** Queues that exist with other attributes than new ones have; nothing if there are none. */
export function DifferingQueues({ differingQueues: { count, queues } }: Pick<Overview, 'differingQueues'>) {
  if (count === 0) return null
  const t = texts.value.queues
  const hidden = count - queues.length
  return (
    <section class="card rejections" id="differing-queues">
      <h2>{t.differing}</h2>
      <p class="muted">{t.differingLead}</p>
      <ul>
        {queues.map(({ name, otherAttributes }) => (
          <li key={name}>
            <p>
              <code>{name}</code>
            </p>
            {otherAttributes.map((other) => (
              <p key={other.name} class="muted">
                {t.other(other.name, other.value ?? '–', other.expected)}
              </p>
            ))}
          </li>
        ))}
      </ul>
      {hidden > 0 && <p class="muted">{t.differingMore(formats.value.count(hidden))}</p>}
    </section>
  )
}
