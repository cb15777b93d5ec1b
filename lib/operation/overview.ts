import { oldestOpenSilenceSeconds } from '../activity/quietest.ts'
import { PART_MS } from '../activity/windows.ts'
import type { EventLog } from '../event-log/event-log.ts'
import type { MessageCode } from '../message-code.ts'
import type { Fault } from './fault.ts'
import type { DifferingQueues } from '../sqs/new-queues.ts'
import { fullBacklog } from '../store/backlog.ts'
import type { LogStore } from '../store/log-store.ts'
import type { Readiness } from './readiness.ts'
import type { Rejections } from './rejections.ts'

export interface OverviewOptions {
  eventLog: EventLog
  readiness: Readiness
  rejections: Rejections
  /** `undefined` without SQS. */
  sqs: { faults(): Fault[]; readonly differingQueues: DifferingQueues } | undefined
  /** `undefined` without sockets. */
  websocket: { readonly connected: number; readonly replaying: number; faults(): Fault[] } | undefined
  /** `undefined` without sockets. */
  httpClients: { readonly [kind in 'streams' | 'polls']: { readonly size: number } } | undefined
}

/** Number of silent instances that are named. */
const NAMED = 3

/** Returns the state of the server, for people. Values that only the database has are `null` while it is away. */
export async function overview(options: OverviewOptions) {
  const { eventLog, readiness, rejections, sqs, websocket, httpClients } = options
  const { store, metrics } = eventLog
  const [checks, last, oldest, deadLetters] = await Promise.all([
    readiness.checks(),
    orNull(lastEvent(store.log)),
    orNull(eventLog.pendingAge.oldest()),
    orNull(store.deadLetters.count().then(({ count }) => count))
  ])
  const { accepted, refused, delivered, emitted, unlogged } = metrics
  const faults: Fault[] = sqs?.faults() ?? []
  for (const [component, check] of Object.entries(checks)) {
    if (check.ok) continue
    const { ok: _, ...fault } = check
    // A fault of queues with this code says more than the failed check.
    if (!faults.some(({ code }) => code === fault.code)) faults.unshift({ component, ...fault })
  }
  const pending = store.deliveries.pendingCount()
  const { maxPending } = store.deliveries
  if (pending >= maxPending) {
    const { code, message, params = [] } = fullBacklog({ pending, max: maxPending })
    faults.unshift({ component: 'eventLog', code, message, params })
  }
  for (const { code, message, params, count, since, instance } of eventLog.refusals.list()) {
    // The same reason is listed above while it lasts; that of one instance is another.
    if (instance === undefined && faults.some((fault) => fault.component === 'eventLog' && fault.code === code))
      continue
    faults.unshift({
      component: 'eventLog',
      code,
      message: `Recently refused: ${count} events. ${message}`,
      params: [{ code: 'recentlyRefused' satisfies MessageCode, values: [count] }, ...params],
      since
    })
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
    lastOffset: last?.offset ?? null,
    lastEventAt: last?.acceptedAt ?? null,
    pending,
    maxPending,
    oldestPendingAgeSeconds: oldest?.ageSeconds ?? null,
    oldestPending: oldest && { queue: oldest.queue, unchangedSeconds: oldest.unchangedSeconds },
    deadLetters,
    sockets: websocket?.connected ?? 0,
    streams: httpClients?.streams.size ?? 0,
    longPolls: httpClients?.polls.size ?? 0,
    replaying: websocket?.replaying ?? 0,
    nodes: store.status()?.nodes ?? 1,
    activity: activityOf(eventLog),
    rejected: rejections.list(),
    rejectedForgotten: rejections.forgotten,
    differingQueues: sqs?.differingQueues ?? { count: 0, queues: [] },
    faults
  }
}

/** The end of the log, and when its last event was accepted; `null`: it has none. @throws the database cannot be read */
async function lastEvent(log: LogStore): Promise<{ offset: number; acceptedAt: Date | null }> {
  const { head: offset } = await log.range()
  // A sum reads no payload.
  const [sum] = offset === 0 ? [] : await log.sums({ after: offset - 1, upTo: offset, partMs: PART_MS })
  return { offset, acceptedAt: sum ? new Date(sum.acceptedAt) : null }
}

function orNull<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch(() => null)
}

function activityOf({ activities, silences }: EventLog) {
  return {
    silenceAfterMinutes: silences.afterMinutes,
    silent: silences.count,
    countedSince: activities.countedSince,
    oldestOpenSilenceSeconds: oldestOpenSilenceSeconds(activities, Date.now()),
    longestSilent: silences.longest(NAMED)
  }
}
