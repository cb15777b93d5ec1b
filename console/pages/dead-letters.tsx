import { useState } from 'preact/hooks'
import { discardDeadLetters, listDeadLetters, redriveDeadLetters } from '../api/requests.ts'
import { BulkWork, type Work } from '../parts/bulk-work.tsx'
import { DeadLetterRow } from '../parts/dead-letter-row.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { InstancePicker } from '../parts/instance-picker.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Problem } from '../parts/problem.tsx'
import { href } from '../route.ts'
import { session } from '../state/session.ts'
import { useLoaded } from '../state/use-loaded.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

const PAGE_SIZE = 100

export function DeadLettersPage({ instance }: { instance: string | undefined }) {
  const t = texts.value
  const f = formats.value
  const [reason, setReason] = useState('')
  const [cursors, setCursors] = useState<number[]>([0])
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const [asked, setAsked] = useState<Work | undefined>()
  const [work, setWork] = useState<Work | undefined>()
  const filter = { instance, ...(reason !== '' && { reason }) }
  const after = cursors.at(-1) ?? 0
  const { value, error, loading, reload } = useLoaded(`${instance} ${reason} ${after}`, (signal) =>
    listDeadLetters({ ...filter, after, limit: PAGE_SIZE }, signal)
  )
  const letters = value?.deadLetters ?? []
  const reasons = [...new Set([...letters.map((letter) => letter.reason), ...(reason === '' ? [] : [reason])])].sort()

  function choose(ids: number[], checked: boolean): void {
    const next = new Set(chosen)
    for (const id of ids) {
      if (checked) next.add(id)
      else next.delete(id)
    }
    setChosen(next)
  }

  function restart(): void {
    setCursors([0])
    setChosen(new Set())
  }

  function begin(next: Work): void {
    setAsked(undefined)
    setWork(next)
  }

  const redrive = (which: Pick<Work, 'ids' | 'filter'>): Work => ({
    ...which,
    title: t.dead.redriving,
    act: redriveDeadLetters
  })
  const discard = (which: Pick<Work, 'ids' | 'filter'>): Work => ({
    ...which,
    title: t.dead.discarding,
    act: discardDeadLetters
  })
  const picked = { ids: [...chosen] }

  return (
    <>
      <PageHead title={t.pages['dead-letters']} lead={t.dead.lead}>
        <InstancePicker value={instance} withAll onPick={(name) => (location.hash = href('dead-letters', name))} />
        <label class="field">
          <span>{t.dead.reason}</span>
          <select
            value={reason}
            onChange={(event) => {
              setReason(event.currentTarget.value)
              restart()
            }}
          >
            <option value="">{t.dead.anyReason}</option>
            {reasons.map((code) => (
              <option key={code} value={code}>
                {code}
              </option>
            ))}
          </select>
        </label>
      </PageHead>
      {session.value?.server.sqs === null && <p class="empty">{t.transports.sqs.switchedOff}</p>}
      <Problem error={error?.code === 'IEV_TRANSPORT_DISABLED' ? undefined : error} onRetry={reload} />
      {work && (
        <BulkWork
          work={work}
          onDone={() => {
            restart()
            reload()
          }}
          onClose={() => setWork(undefined)}
        />
      )}
      {!value && loading && <p class="muted">{t.loading}</p>}
      {value && letters.length === 0 && <p class="empty">{t.dead.empty}</p>}
      {letters.length > 0 && (
        <>
          <div class="row bulk">
            <label class="check">
              <input
                type="checkbox"
                checked={letters.every(({ id }) => chosen.has(id))}
                onChange={(event) =>
                  choose(
                    letters.map(({ id }) => id),
                    event.currentTarget.checked
                  )
                }
              />
              <span>{t.dead.chooseAll}</span>
            </label>
            <button type="button" class="primary" disabled={chosen.size === 0} onClick={() => begin(redrive(picked))}>
              {t.dead.redrive(f.count(chosen.size))}
            </button>
            <button type="button" class="danger" disabled={chosen.size === 0} onClick={() => setAsked(discard(picked))}>
              {t.dead.discard(f.count(chosen.size))}
            </button>
            <span class="grow" />
            <button type="button" onClick={() => begin(redrive({ filter }))}>
              {t.dead.redriveAll}
            </button>
          </div>
          <ul class="letters">
            {letters.map((letter) => (
              <DeadLetterRow
                key={letter.id}
                letter={letter}
                chosen={chosen.has(letter.id)}
                onChoose={(checked) => choose([letter.id], checked)}
                onRedrive={() => begin(redrive({ ids: [letter.id] }))}
                onDiscard={() => setAsked(discard({ ids: [letter.id] }))}
              />
            ))}
          </ul>
        </>
      )}
      {value && (value.more || cursors.length > 1) && (
        <nav class="row pager" aria-label={t.history.paging}>
          <button type="button" disabled={cursors.length < 2} onClick={() => setCursors(cursors.slice(0, -1))}>
            {t.previous}
          </button>
          <button type="button" disabled={!value.more} onClick={() => setCursors([...cursors, value.after])}>
            {t.next}
          </button>
        </nav>
      )}
      {asked && (
        <Dialog title={t.dead.discardTitle} onClose={() => setAsked(undefined)}>
          <p>{t.dead.discardWarning(f.count(asked.ids?.length ?? 0))}</p>
          <div class="row end">
            <button type="button" onClick={() => setAsked(undefined)}>
              {t.cancel}
            </button>
            <button type="button" class="danger" onClick={() => begin(asked)}>
              {t.dead.discard(f.count(asked.ids?.length ?? 0))}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
