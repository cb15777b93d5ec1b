import type { Activities } from './activities.ts'
import type { ActivityRecord } from './activity-table.ts'

/** True if an instance should send events: its connection is open or unknown. */
export function shouldSend({ state }: ActivityRecord): boolean {
  return state === null || state === 'open'
}

/** Returns the seconds since the last event of the quietest instance whose connection is `open`; 0 if there is none. */
export function oldestOpenSilenceSeconds(activities: Pick<Activities, 'records'>, now: number): number {
  let oldest = now
  for (const { state, lastAt } of activities.records()) if (state === 'open') oldest = Math.min(oldest, lastAt)
  return (now - oldest) / 1_000
}
