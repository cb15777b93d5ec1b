import { useState } from 'preact/hooks'
import { getQueueStates } from '../api/requests.ts'
import type { QueueState } from '../api/types.ts'
import { deadLettersHref } from '../route.ts'
import { status } from '../state/overview.ts'
import { useFollowing } from '../state/use-following.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { ageAt, backlogColumns } from './backlog-columns.tsx'
import { ServerText } from './server-text.tsx'
import { StateTable } from './state-table.tsx'

/** Rows at first, and those that a press adds. */
const FIRST = 5
const MORE = 25
/** Rows that the server returns at once, at most. */
const MOST = 1_000

/** The queues, those that need attention first: with a fault, with dead letters, with pending events. */
export function QueueTable() {
  const t = texts.value.tables
  const f = formats.value
  const [limit, setLimit] = useState(FIRST)
  const page = useFollowing(String(limit), (signal) => getQueueStates(limit, signal))
  const current = status.value
  if (!page || !current) return null
  const { time } = current.overview
  const left = page.total - page.queues.length
  return (
    <StateTable<QueueState>
      id="queues"
      title={
        <>
          {t.queues} <span class="muted">{f.count(page.total)}</span>
        </>
      }
      none={t.noQueues}
      rows={page.queues}
      keyOf={({ queue }) => queue}
      columns={[
        {
          name: t.queue,
          cell: ({ queue, fault }) => (
            <>
              <code>{queue}</code>
              {fault && (
                <div class="why">
                  <strong class="alarming">{fault.code}</strong>{' '}
                  <span class="muted">{t.since(ageAt(time, fault.since))}</span> <ServerText {...fault} />
                </div>
              )}
            </>
          )
        },
        ...backlogColumns<QueueState>(({ queue }) => deadLettersHref({ queue })),
        {
          name: t.sentPerMinute,
          number: true,
          cell: ({ sentLastMinute }) => f.count(sentLastMinute),
          isNothing: ({ sentLastMinute }) => sentLastMinute === 0
        },
        {
          name: t.lastSent,
          number: true,
          cell: ({ lastSentAt }) => lastSentAt !== null && t.ago(ageAt(time, lastSentAt))
        }
      ]}
    >
      {left > 0 && limit < MOST && (
        <div class="row">
          <button type="button" class="quiet" onClick={() => setLimit(Math.min(MOST, limit + MORE))}>
            {t.moreQueues(f.count(left))}
          </button>
        </div>
      )}
    </StateTable>
  )
}
