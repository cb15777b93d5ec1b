import { oldestOpenSilenceSeconds, quietest } from '../activity/quietest.ts'
import type { EventLog } from '../event-log/event-log.ts'
import type { Fault } from './fault.ts'
import type { Instance } from '../instances/instance.ts'
import { fullBacklog } from '../store/backlog.ts'
import type { Readiness } from './readiness.ts'
import type { Rejections } from './rejections.ts'

export interface OverviewOptions {
  eventLog: EventLog
  readiness: Readiness
  rejections: Rejections
  /** `undefined` without SQS. */
  sqs: { faults(): Fault[] } | undefined
  /** `undefined` without sockets. */
  websocket: { readonly connected: number; readonly replaying: number; faults(): Fault[] } | undefined
}

/** Number of instances in the list of the quietest. */
const QUIETEST = 10

/** Returns the state of the server, for people. Values that only the database has are `null` while it is away. */
export async function overview({ eventLog, readiness, rejections, sqs, websocket }: OverviewOptions) {
  const { store, metrics } = eventLog
  const [checks, lastOffset, oldest, deadLetters] = await Promise.all([
    readiness.checks(),
    orNull(store.log.range().then(({ head }) => head)),
    orNull(eventLog.pendingAge.seconds()),
    orNull(store.deadLetters.count().then(({ count }) => count))
  ])
  const { accepted, refused, delivered, emitted, unlogged } = metrics
  const faults: Fault[] = sqs?.faults() ?? []
  for (const [component, check] of Object.entries(checks)) {
    if (check.ok) continue
    const { code, message } = check
    // A fault of queues with this code says more than the failed check.
    if (!faults.some((fault) => fault.code === code)) faults.unshift({ component, code, message })
  }
  const pending = store.deliveries.pendingCount()
  const { maxPending } = store.deliveries
  if (pending >= maxPending) {
    const { code, message } = fullBacklog({ pending, max: maxPending })
    faults.unshift({ component: 'eventLog', code, message })
  }
  for (const { code, message, count, since } of eventLog.refusals.list()) {
    // The same reason is listed above while it lasts.
    if (faults.some((fault) => fault.component === 'eventLog' && fault.code === code)) continue
    faults.unshift({ component: 'eventLog', code, message: `Recently refused: ${count} events. ${message}`, since })
  }
  faults.push(...(websocket?.faults() ?? []), ...eventLog.otherFaults.flatMap((fault) => fault() ?? []))
  return {
    totals: {
      accepted: accepted.total,
      refused: refused.total,
      rejected: rejections.total,
      delivered: delivered.total,
      emitted: emitted.total,
      unloggedLines: unlogged.total
    },
    lastOffset,
    pending,
    maxPending,
    oldestPendingAgeSeconds: oldest,
    deadLetters,
    sockets: websocket?.connected ?? 0,
    replaying: websocket?.replaying ?? 0,
    nodes: store.status()?.nodes ?? 1,
    activity: activityOf(eventLog),
    rejected: rejections.list(),
    rejectedForgotten: rejections.forgotten,
    faults
  }
}

function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch(() => null)
}

function activityOf({ activities, silences, instances }: EventLog) {
  return {
    silenceAfterMinutes: silences.afterMinutes,
    silent: silences.count,
    countedSince: activities.countedSince,
    oldestOpenSilenceSeconds: oldestOpenSilenceSeconds(activities, Date.now()),
    quietest: quietest(activities, QUIETEST).map(({ instance }) => ({
      instance,
      // `quietest` returns existing instances only.
      ...silences.describe(instances.get(instance) as Instance)
    }))
  }
}
