import type { Silences } from '../activity/silences.ts'
import type { LogStore } from '../store/log-store.ts'
import type { OperatorEventMap } from '../schemas/events/operator.ts'
import type { OperatorEvents } from './operator-events.ts'

/** Newest events of the operator's instance that are read at the start. */
const MAX_EVENTS = 1_000
const MAX_CHARACTERS = 4 * 1_048_576

/** Emits an event when an instance becomes silent, and when it sends again: once in a cluster, since all nodes use the same id. */
export function emitSilences(silences: Silences, operator: OperatorEvents): void {
  silences.watch({
    began: ({ instance: { id, name }, last, afterMinutes }) => {
      void operator.emit(
        'operator.instance-silent',
        {
          instance: name,
          connectionState: last.state,
          lastEvent: last.lastEvent,
          lastEventAt: new Date(last.lastAt).toISOString(),
          lastOffset: last.lastOffset,
          afterMinutes
        },
        `silent:${id}:${last.lastOffset}`
      )
    },
    ended: ({ instance: { id, name }, last }, { lastEvent, lastAt }) => {
      void operator.emit(
        'operator.instance-back',
        {
          instance: name,
          lastEvent,
          lastEventAt: new Date(lastAt).toISOString(),
          silentSince: new Date(last.lastAt).toISOString()
        },
        `back:${id}:${last.lastOffset}`
      )
    }
  })
}

/** A silence whose `operator.instance-silent` was not followed by `operator.instance-back`. */
type Announced = OperatorEventMap['operator.instance-silent']

/** Reads the announced silences that have not ended, so that they continue after a restart. */
export async function readAnnounced(log: LogStore, instanceKey: number): Promise<Announced[]> {
  const events = await log.read({
    instanceKey,
    events: ['operator.instance-silent', 'operator.instance-back'],
    after: 0,
    newestFirst: true,
    limit: MAX_EVENTS,
    maxBytes: MAX_CHARACTERS
  })
  const seen = new Set<string>()
  return events.flatMap(({ event, data }) => {
    // Only this server posts events of the operator's instance.
    const announced = JSON.parse(data) as Announced
    const isNewest = !seen.has(announced.instance)
    seen.add(announced.instance)
    return isNewest && event === 'operator.instance-silent' ? announced : []
  })
}
