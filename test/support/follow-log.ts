import type { StoredEvent } from '../../lib/events/event.ts'
import type { EventStore } from '../../lib/store/event-store.ts'

/** Calls `listener` with new events, those of this process before their append resolves. @returns a function that stops it */
export function followLog({ log }: EventStore, listener: (events: readonly StoredEvent[]) => void): () => void {
  return log.tail({
    interest: () => ({ all: true, instanceKeys: [] }),
    entered: () => {},
    advanced: (events) => {
      if (events.length > 0) listener(events)
    }
  })
}
