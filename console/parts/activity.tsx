import type { Activity } from '../api/types.ts'
import { href } from '../route.ts'
import { status } from '../state/overview.ts'
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
      <dd>{activity.connectionState ?? t.unknown}</dd>
    </dl>
  )
}

/** Events in the last minute, hour and day. */
function Counts({ activity: { events } }: { activity: Activity }) {
  return <>{[events.minute, events.hour, events.day].map(formats.value.count).join(' · ')}</>
}

/** The instances whose last event is the oldest, of those that should be sending events. */
export function Quietest() {
  const t = texts.value.activity
  const f = formats.value
  const activity = status.value?.overview.activity
  if (!activity || activity.quietest.length === 0) return null
  return (
    <section class="card quietest">
      <h2>
        {t.quietest} {activity.silent > 0 && <span class="chip bad">{t.silentCount(f.count(activity.silent))}</span>}
      </h2>
      <div class="scrolled">
        <table>
          <thead>
            <tr>
              <th>{texts.value.instance}</th>
              <th>{t.lastEvent}</th>
              <th>{t.counts}</th>
              <th>{t.connection}</th>
            </tr>
          </thead>
          <tbody>
            {activity.quietest.map((own) => (
              <tr key={own.instance}>
                <td>
                  <a href={href('instances', own.instance)}>{own.instance}</a> <SilentChip activity={own} />
                </td>
                <td>
                  <LastEvent activity={own} />
                </td>
                <td>
                  <Counts activity={own} />
                </td>
                <td>{own.connectionState ?? t.unknown}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
