import { getInstanceStates } from '../api/requests.ts'
import type { InstanceState } from '../api/types.ts'
import { deadLettersHref, href } from '../route.ts'
import { status } from '../state/overview.ts'
import { useFollowing } from '../state/use-following.ts'
import { texts } from '../texts/current.ts'
import { formats } from '../texts/formats.ts'
import { connectionText, SilentChip } from './activity.tsx'
import { ageAt, backlogColumns } from './backlog-columns.tsx'
import { StateTable } from './state-table.tsx'

/** The ten instances that need attention first: silent ones, then those with late events or dead letters. */
export function InstanceTable() {
  const t = texts.value.tables
  const f = formats.value
  const page = useFollowing('', getInstanceStates)
  const current = status.value
  if (!page || !current) return null
  const { time, activity } = current.overview
  return (
    <StateTable<InstanceState>
      id="instances"
      title={
        <>
          {t.instances}{' '}
          {activity.silent > 0 && (
            <span class="chip bad">{texts.value.activity.silentCount(f.count(activity.silent))}</span>
          )}
        </>
      }
      none={t.noInstances}
      rows={page.instances}
      keyOf={({ instance }) => instance}
      columns={[
        {
          name: texts.value.instance,
          cell: (row) => (
            <>
              <a href={href('instances', row.instance)}>{row.instance}</a> <SilentChip activity={row} />
            </>
          )
        },
        {
          name: t.lastEvent,
          cell: ({ lastEvent, lastEventAt }) =>
            lastEventAt !== null && (
              <>
                <span class="whole" title={f.dateTime(lastEventAt)}>
                  {t.ago(ageAt(time, lastEventAt))}
                </span>{' '}
                <span class="muted whole">{lastEvent}</span>
              </>
            ),
          alarms: ({ isSilent }) => isSilent
        },
        {
          name: t.connection,
          whole: true,
          cell: ({ connectionState }) => connectionText(connectionState)
        },
        {
          name: t.eventsPerMinute,
          number: true,
          cell: ({ events }) => f.count(events.minute),
          isNothing: ({ events }) => events.minute === 0
        },
        ...backlogColumns<InstanceState>(({ instance }) => deadLettersHref({ instance }))
      ]}
    >
      <p>
        <a href={href('instances')}>{t.allInstances}</a>
      </p>
    </StateTable>
  )
}
