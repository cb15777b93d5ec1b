import { socketMessage } from '../events/messages.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Audience } from './audiences.ts'
import type { Owner } from './buffer-budget.ts'
import { eventPacket } from './payload.ts'
import type { Subscription } from './subscription.ts'

type Filters = Pick<Subscription, 'events' | 'instances'>

/** What a socket gets: what it may see, and what of that it asked for. */
export class Scope {
  readonly namespace: string
  readonly onRoot: boolean
  /** The one instance whose events it may see; `undefined`: all, on `/`. */
  readonly instanceKey: number | undefined
  /** Whose bytes the events count as that wait for the socket. */
  readonly owner: Owner
  readonly events: ReadonlySet<string> | undefined
  readonly instances: ReadonlySet<string> | undefined
  /** The same for all scopes that are the same. */
  readonly id: string

  constructor(namespace: string, instanceKey: number | undefined, { events, instances }: Filters) {
    this.namespace = namespace
    this.onRoot = namespace === '/'
    this.instanceKey = instanceKey
    this.owner = instanceKey ?? 'all'
    this.events = events
    this.instances = instances
    this.id = JSON.stringify([namespace, instanceKey ?? null, sorted(events), sorted(instances)])
  }

  includes(event: StoredEvent, audience: Audience): boolean {
    return (
      (this.onRoot ? audience.root : audience.namespace) &&
      (this.instanceKey === undefined || this.instanceKey === event.instanceKey) &&
      (this.events === undefined || this.events.has(event.event)) &&
      (this.instances === undefined || this.instances.has(event.instance))
    )
  }

  packet(event: StoredEvent): string {
    return eventPacket(this.namespace, event.event, socketMessage(event))
  }
}

function sorted(names: ReadonlySet<string> | undefined): string[] | null {
  return names ? [...names].sort() : null
}
