import { useState } from 'preact/hooks'
import type { DeadLetterGroup, DeadLetterGroups } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { DeadLetterList } from './dead-letter-list.tsx'
import type { AskedWork } from './dead-letter-question.tsx'

export interface DeadLetterGroupListProps {
  found: DeadLetterGroups
  /** Changes when the dead letters have changed. */
  version: number
  onAsk: (asked: AskedWork) => void
}

/** Dead letters by reason, instance and queue. A group opens to its dead letters. */
export function DeadLetterGroupList({
  found: { groups, groupCount, count },
  version,
  onAsk
}: DeadLetterGroupListProps) {
  const t = texts.value.dead
  const f = formats.value
  const others = groupCount - groups.length
  const shown = groups.reduce((sum, { count }) => sum + count, 0)
  return (
    <>
      <ul class="groups" aria-label={t.groups}>
        {groups.map((group) => (
          <GroupRow
            key={`${group.reason}\n${group.queue}\n${group.instance}`}
            group={group}
            startsOpen={groupCount === 1}
            version={version}
            onAsk={onAsk}
          />
        ))}
      </ul>
      {others > 0 && <p class="muted">{t.moreGroups(f.count(others), f.count(count - shown))}</p>}
    </>
  )
}

interface GroupRowProps extends Pick<DeadLetterGroupListProps, 'version' | 'onAsk'> {
  group: DeadLetterGroup
  startsOpen: boolean
}

function GroupRow({ group, startsOpen, version, onAsk }: GroupRowProps) {
  const t = texts.value.dead
  const f = formats.value
  const [isOpen, setOpen] = useState(startsOpen)
  const { reason, queue, instance, count, firstDiedAt, lastDiedAt } = group
  const filter = { reason, queue, instance }
  const named = `${reason}, ${instance}, ${queue}`
  const [first, last] = [f.dateTime(firstDiedAt), f.dateTime(lastDiedAt)]
  const times = first === last ? [last] : [t.first(first), t.last(last)]
  const ask = (kind: AskedWork['kind']) => onAsk({ kind, which: { filter, count }, reasons: [[reason, count]] })
  return (
    <li class="group">
      <div class="group-head">
        <button type="button" class="quiet group-open" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span class="group-arrow" aria-hidden="true" />
          <span class="group-count">{f.count(count)}</span>
          <span class="group-text">
            <code class="reason">{reason}</code>
            <span>
              <strong>{instance}</strong> <code class="muted">{queue}</code>
            </span>
          </span>
          <span class="muted group-times">
            {times.map((time) => (
              <span key={time}>{time}</span>
            ))}
          </span>
        </button>
        <div class="row nowrap">
          <button type="button" aria-label={`${t.redrive(f.count(count))}: ${named}`} onClick={() => ask('redrive')}>
            {t.redriveOne}
          </button>
          <button
            type="button"
            class="danger"
            aria-label={`${t.discard(f.count(count))}: ${named}`}
            onClick={() => ask('discard')}
          >
            {t.discardOne}
          </button>
        </div>
      </div>
      {isOpen && <DeadLetterList filter={filter} version={version} onAsk={onAsk} />}
    </li>
  )
}
