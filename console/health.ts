import type { ApiError } from './api/call.ts'
import type { Fault, Overview } from './api/types.ts'

/** Milliseconds for which a rejected request is a concern. */
const RECENT_MS = 600_000

/** Seconds for which the oldest delivery may stay the oldest: SQS usually accepts an event in less than one. */
export const STUCK_SECONDS = 60
/** Seconds after which this is more than a matter of attention. */
const STUCK_LONG_SECONDS = 300

/** A delivery that does not leave, although no fault is known. */
export interface Stuck {
  queue: string
  /** Seconds since its event was accepted. */
  seconds: number
}

/** What keeps events from flowing, or what somebody has to look at. */
export interface Health {
  level: 'good' | 'attention' | 'bad'
  /** Seconds since the last event was accepted; `undefined`: there is none. */
  lastEventSeconds: number | undefined
  /** The fault that keeps events from SQS, and the one that keeps them from the log. */
  sqsFault: Fault | undefined
  logFault: Fault | undefined
  stuck: Stuck | undefined
  deadLetters: number
  /** Number of requests rejected lately. */
  rejected: number
  silent: number
  /** The first silent instances. */
  silentNames: readonly string[]
}

/** Judges the last overview. @param pollError the error of the last poll */
export function healthOf(overview: Overview, pollError: ApiError | undefined): Health {
  const { faults, rejected, time, lastEventAt, activity } = overview
  const now = Date.parse(time)
  const recent = rejected.filter(({ lastAt }) => now - Date.parse(lastAt) < RECENT_MS)
  const concerns = {
    deadLetters: overview.deadLetters ?? 0,
    rejected: recent.reduce((sum, { count }) => sum + count, 0),
    silent: activity.silent
  }
  const sqsFault = faults.find(({ component }) => component === 'sqs')
  const stuck = sqsFault ? undefined : stuckOf(overview)
  const isStuckLong = stuck !== undefined && stuck.seconds >= STUCK_LONG_SECONDS
  const isBad = pollError !== undefined || faults.length > 0 || isStuckLong
  const needsAttention = stuck !== undefined || Object.values(concerns).some((count) => count > 0)
  return {
    level: isBad ? 'bad' : needsAttention ? 'attention' : 'good',
    lastEventSeconds: lastEventAt === null ? undefined : Math.max(0, now - Date.parse(lastEventAt)) / 1_000,
    sqsFault,
    logFault: faults.find(({ component }) => component === 'eventLog'),
    stuck,
    silentNames: activity.longestSilent,
    ...concerns
  }
}

/** The oldest delivery, if nothing has become of it for too long. */
function stuckOf({ oldestPending, oldestPendingAgeSeconds }: Overview): Stuck | undefined {
  if (!oldestPending || oldestPending.unchangedSeconds < STUCK_SECONDS) return undefined
  return { queue: oldestPending.queue, seconds: oldestPendingAgeSeconds ?? 0 }
}
