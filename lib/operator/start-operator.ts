import type { EventLog } from '../event-log/event-log.ts'
import { FaultEvents } from './fault-events.ts'
import type { OperatorEvents } from './operator-events.ts'
import { emitSilences, readAnnounced } from './silence-events.ts'

/**
 * Registers the operator's instance and starts emitting its events. Announced silences continue.
 * @returns the check for faults, to be called regularly
 * @throws {OptionsInvalidError} the name of the instance is taken @throws the database cannot be read
 */
export async function startOperator(eventLog: EventLog, operator: OperatorEvents): Promise<FaultEvents> {
  const { instances, silences, store } = eventLog
  const { key } = await operator.prepare()
  for (const { instance: name, afterMinutes, connectionState, ...last } of await readAnnounced(store.log, key)) {
    const instance = instances.get(name)
    if (!instance) continue
    const { lastEvent, lastOffset, lastEventAt } = last
    const record = { instanceKey: instance.key, instance: name, lastEvent, lastOffset, state: connectionState }
    silences.restore({ instance, afterMinutes, last: { ...record, lastAt: Date.parse(lastEventAt) } })
  }
  emitSilences(silences, operator)
  return new FaultEvents({ operator, deliveries: store.deliveries, queues: eventLog })
}
