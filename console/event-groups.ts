import type { CatalogueEvent } from './api/types.ts'
import { eventFamily, FAMILIES, type Family } from './event-family.ts'
import { byHub } from './events-by-hub.ts'

export interface EventGroup {
  /** What the events are about. */
  family: Family
  /** The hub that sends them, if there are several; `undefined`: there is one. */
  hub: string | undefined
  events: CatalogueEvent[]
}

/** Groups events by hub and by what they are about. @param own the title of events that the server adds */
export function groupEvents(events: readonly CatalogueEvent[], own: string): EventGroup[] {
  const hubs = byHub(events, own)
  return hubs.flatMap(({ title, events }) => {
    const families = Map.groupBy(events, ({ key }) => eventFamily(key))
    const hub = hubs.length > 1 ? title : undefined
    return FAMILIES.flatMap((family) => {
      const members = families.get(family)
      return members ? [{ family, hub, events: members }] : []
    })
  })
}
