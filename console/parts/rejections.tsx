import type { Overview } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { ServerText } from './server-text.tsx'

/** Requests with events that the server rejected, the last first: who sent them, and why. */
export function Rejections({ rejected, rejectedForgotten }: Pick<Overview, 'rejected' | 'rejectedForgotten'>) {
  const t = texts.value.rejections
  const f = formats.value
  return (
    <section class="card rejections" id="rejections" tabIndex={-1}>
      <h2>{t.title}</h2>
      <p class="muted">{rejected.length === 0 ? t.none : t.lead}</p>
      <ul>
        {rejected.map(({ code, message, route, address, instance, count, firstAt, lastAt }) => (
          <li key={`${code} ${route} ${address} ${instance}`}>
            <div>
              <strong>{address}</strong> <code>{code}</code> <ServerText code={code} message={message} />
            </div>
            <p class="muted">
              <code>{route}</code>
              {instance !== null && ` · ${instance}`} · {t.times(f.count(count))} · {t.last(f.dateTime(lastAt))}
              {count > 1 && ` · ${t.first(f.dateTime(firstAt))}`}
            </p>
          </li>
        ))}
      </ul>
      {rejectedForgotten > 0 && <p class="muted">{t.forgotten(f.count(rejectedForgotten))}</p>}
    </section>
  )
}
