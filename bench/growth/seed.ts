import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { EventStore } from '../../lib/store/event-store.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { sampleEvent } from '../harness/sample-events.ts'

export interface Events {
  count: number
  /** They take turns. */
  instances: readonly string[]
  queues: readonly string[]
  /** `data` of the event at a place, from 0. @default a numbered message */
  dataOf?: (place: number) => object
}

const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')
const CHUNK = 1_000

/** Writes a log into a new file of a folder. */
export async function seed({ folder, ...events }: Events & { folder: string }): Promise<void> {
  const store = new SqliteStore({ path: join(folder, 'events.db'), maxPendingDeliveries: 2_000_000 })
  await fill(store, events)
  await store.close()
}

/** Appends so many events, numbered by instance, with their pending deliveries. */
export async function fill(store: EventStore, { count, instances, queues, dataOf }: Events): Promise<void> {
  const envelope = JSON.stringify({ server_url: serverUrl, date_time: new Date().toISOString(), sender })
  for (let done = 0; done < count; done += CHUNK) {
    const events = Array.from({ length: Math.min(CHUNK, count - done) }, (_, index) => {
      const place = done + index
      const id = randomUUID()
      return {
        instance: instances[place % instances.length] as string,
        id,
        event,
        data: JSON.stringify(dataOf?.(place) ?? { n: Math.floor(place / instances.length) + 1, at: 0, ...data }),
        traceparent: undefined,
        envelope: `${envelope.slice(1, -1)},"id":"${id}"`,
        extra: '',
        flags: 0,
        queues
      }
    })
    await store.log.append(events)
  }
}
