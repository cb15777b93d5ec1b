import { getQueues } from '../api/requests.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { ConnectQueue } from './connect-queue.tsx'
import { CopyButton } from './copy-button.tsx'
import { Problem } from './problem.tsx'

/** The queues of an instance. @param of identifies the selection: the queues are loaded again when it changes */
export function Queues({ of, name }: { of: string; name: string }) {
  const t = texts.value.queues
  const { value, error, loading, reload } = useLoaded(of, (signal) => getQueues(name, signal))
  return (
    <>
      <details class="queues" open>
        <summary>
          {t.title} {value && <span class="muted">{formats.value.count(value.queues.length)}</span>}
        </summary>
        <Problem error={error} onRetry={reload} />
        {loading && !value && <p class="muted">{texts.value.loading}</p>}
        <ul>
          {value?.queues.map((queue) => (
            <li key={queue.name}>
              <span class="row">
                <code class="grow">{queue.name}</code>
                <CopyButton text={queue.name} what={queue.name} />
              </span>
              {queue.url === null ? (
                <span class="warn">{t.missing}</span>
              ) : (
                <span class="row">
                  <code class="grow muted">{queue.url}</code>
                  <CopyButton text={queue.url} what={queue.url} />
                </span>
              )}
              {queue.otherAttributes?.map(({ name, value, expected }) => (
                <span key={name} class="warn">
                  {t.other(name, value ?? '–', expected)}
                </span>
              ))}
            </li>
          ))}
        </ul>
        {value && value.alsoSentTo.length > 0 && (
          <p class="help">
            {t.alsoSentTo} <code>{value.alsoSentTo.join(', ')}</code>
          </p>
        )}
      </details>
      {value && <ConnectQueue queues={value.queues} />}
    </>
  )
}
