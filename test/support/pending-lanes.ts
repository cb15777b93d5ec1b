import type { LaneKey } from '../../lib/store/delivery-store.ts'
import type { EventStore } from '../../lib/store/event-store.ts'
import { RecordingWatcher } from './recorders.ts'

/** Returns the lanes that a sender would receive at its start, in the order of their names. */
export async function pendingLanes({ deliveries }: EventStore): Promise<LaneKey[]> {
  const watcher = new RecordingWatcher()
  const stop = await deliveries.watch(watcher)
  await stop()
  return watcher.told.sort().map((told) => {
    const [queue, instanceKey] = told.split(' ') as [string, string]
    return { queue, instanceKey: Number(instanceKey) }
  })
}
