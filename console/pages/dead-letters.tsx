import { useState } from 'preact/hooks'
import { type DeadLetterFilter, groupDeadLetters } from '../api/requests.ts'
import type { DeadLetterGroups } from '../api/types.ts'
import { countOf } from '../dead-letter-pages.ts'
import { DeadLetterFilterFields } from '../parts/dead-letter-filter.tsx'
import { DeadLetterGroupList } from '../parts/dead-letter-groups.tsx'
import { DeadLetterQuestion, type AskedWork } from '../parts/dead-letter-question.tsx'
import { DeadLetterWork } from '../parts/dead-letter-work.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { ReasonList } from '../parts/reason-list.tsx'
import { deadLettersHref } from '../route.ts'
import { session } from '../state/session.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** Groups, reasons and queues that are listed. */
const LISTED = 100
/** Number of dead letters from which on a redrive asks first. */
const MANY = 10

/** The dead letters of a filter, which is in the URL. */
export function DeadLettersPage({ filter }: { filter: DeadLetterFilter }) {
  const t = texts.value
  const f = formats.value
  const [asked, setAsked] = useState<AskedWork | undefined>()
  /** The last work; its number tells one from another. */
  const [work, setWork] = useState<{ number: number; asked: AskedWork } | undefined>()
  const [version, setVersion] = useState(0)
  const { instance, queue, reason } = filter
  const { value, error, loading, reload } = useLoaded(JSON.stringify([instance, queue, reason]), (signal) =>
    groupDeadLetters({ ...filter, limit: LISTED }, signal)
  )
  const reasons = value ? reasonsOf(value, reason) : []

  function begin(next: AskedWork): void {
    setAsked(undefined)
    setWork({ number: (work?.number ?? 0) + 1, asked: next })
  }

  function ask(next: AskedWork): void {
    if (next.kind === 'redrive' && countOf(next.which) < MANY) begin(next)
    else setAsked(next)
  }

  return (
    <>
      <PageHead title={t.pages['dead-letters']} lead={t.dead.lead}>
        <DeadLetterFilterFields
          filter={filter}
          found={value}
          onChoose={(chosen) => (location.hash = deadLettersHref(chosen))}
        />
      </PageHead>
      {session.value?.server.sqs === null && <p class="empty">{t.transports.sqs.switchedOff}</p>}
      <Problem error={error?.code === 'IEV_TRANSPORT_DISABLED' ? undefined : error} onRetry={reload} />
      {work && (
        <DeadLetterWork
          key={work.number}
          {...work.asked}
          onDone={() => {
            setVersion((before) => before + 1)
            reload()
          }}
          onClose={() => setWork(undefined)}
        />
      )}
      {!value && loading && <p class="muted">{t.loading}</p>}
      {value?.count === 0 && <p class="empty">{isNarrowed(filter) ? t.dead.noneOfFilter : t.dead.empty}</p>}
      {value && value.count > 0 && (
        <>
          <div class="row spread">
            <p role="status">
              <strong>{t.dead.counted(f.count(value.count))}</strong>{' '}
              <span class="muted">{t.dead.inGroups(f.count(value.groupCount))}</span>
            </p>
            <div class="row">
              {(['redrive', 'discard'] as const).map((kind) => (
                <button
                  key={kind}
                  type="button"
                  class={kind === 'redrive' ? 'primary' : 'danger'}
                  onClick={() => ask({ kind, which: { filter, count: value.count }, reasons })}
                >
                  {t.dead[kind === 'redrive' ? 'redriveAll' : 'discardAll'](f.count(value.count))}
                </button>
              ))}
            </div>
          </div>
          <ReasonList reasons={reasons} />
          <DeadLetterGroupList key={JSON.stringify(filter)} found={value} version={version} onAsk={ask} />
        </>
      )}
      {asked && <DeadLetterQuestion asked={asked} onConfirm={() => begin(asked)} onClose={() => setAsked(undefined)} />}
    </>
  )
}

/** The reasons of the filter with their numbers; `reasons` of the reply has those of other reasons, too. */
function reasonsOf({ reasons }: DeadLetterGroups, reason: string | undefined): (readonly [string, number])[] {
  return reasons
    .filter(({ name }) => reason === undefined || name === reason)
    .map(({ name, count }) => [name, count] as const)
}

function isNarrowed(filter: object): boolean {
  return Object.values(filter).some((member) => member !== undefined)
}
