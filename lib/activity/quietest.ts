import type { Activities } from './activities.ts'
import type { ActivityRecord } from './activity-table.ts'

/** True if an instance should send events: its connection is open or unknown. */
export function shouldSend({ state }: ActivityRecord): boolean {
  return state === null || state === 'open'
}

/** Returns, of the instances that should send events, those whose last event is the oldest, oldest first. */
export function quietest(activities: Pick<Activities, 'records'>, limit: number): ActivityRecord[] {
  const found: ActivityRecord[] = []
  for (const record of activities.records()) {
    if (!shouldSend(record)) continue
    const place = found.findLastIndex(({ lastAt }) => lastAt <= record.lastAt) + 1
    if (place === limit) continue
    found.splice(place, 0, record)
    if (found.length > limit) found.pop()
  }
  return found
}

/** Returns the seconds since the last event of the quietest instance whose connection is `open`; 0 if there is none. */
export function oldestOpenSilenceSeconds(activities: Pick<Activities, 'records'>, now: number): number {
  let oldest = now
  for (const { state, lastAt } of activities.records()) if (state === 'open') oldest = Math.min(oldest, lastAt)
  return (now - oldest) / 1_000
}
