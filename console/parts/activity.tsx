import type { Activity } from '../api/types.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'

/** Marks a silent instance. */
export function SilentChip({ activity }: { activity: Activity }) {
  return activity.isSilent ? <span class="chip bad">{texts.value.activity.silent}</span> : null
}

/** Name and time of the last event of an instance. */
export function LastEvent({ activity: { lastEvent, lastEventAt } }: { activity: Activity }) {
  if (lastEvent === null || lastEventAt === null) return <>{texts.value.activity.noEvent}</>
  return (
    <>
      {lastEvent} · {formats.value.dateTime(lastEventAt)}
    </>
  )
}

/** What one instance has sent. */
export function ActivityFacts({ activity }: { activity: Activity }) {
  const t = texts.value.activity
  return (
    <dl class="facts-list card">
      <dt>{t.lastEvent}</dt>
      <dd>
        <LastEvent activity={activity} /> <SilentChip activity={activity} />
      </dd>
      <dt>{t.counts}</dt>
      <dd>
        <Counts activity={activity} />
      </dd>
      <dt>{t.connection}</dt>
      <dd>{connectionText(activity.connectionState)}</dd>
    </dl>
  )
}

/** A connection state in words, or as the hub names it. */
export function connectionText(state: string | null): string {
  const t = texts.value.activity
  if (state === null) return t.unknown
  return Object.hasOwn(t.states, state) ? (t.states[state] as string) : state
}

/** Events in the last minute, hour and day. */
export function Counts({ activity: { events } }: { activity: Activity }) {
  return <>{[events.minute, events.hour, events.day].map(formats.value.count).join(' · ')}</>
}
