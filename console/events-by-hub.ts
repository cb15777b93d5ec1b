import type { CatalogueEvent } from './api/types.ts'

/** Names of hubs for people. */
const TITLES: Readonly<Record<string, string>> = {
  evolution: 'Evolution API',
  'evolution-go': 'Evolution GO',
  waha: 'WAHA'
}

export interface HubEvents {
  /** `null` for events that the server adds. */
  hub: string | null
  title: string
  events: CatalogueEvent[]
}

/** Groups events by the hub that sends them, in the order of the list. @param own the title of events that the server adds */
export function byHub(events: readonly CatalogueEvent[], own: string): HubEvents[] {
  return Array.from(
    Map.groupBy(events, ({ hub }) => hub),
    ([hub, events]) => ({ hub, title: hub === null ? own : (TITLES[hub] ?? hub), events })
  )
}
