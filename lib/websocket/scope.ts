import { eventKey } from '../events/catalogue.ts'
import { socketMessage } from '../events/messages.ts'
import type { StoredEvent } from '../events/event.ts'
import { type EventFilter, passes } from '../filters/event-filter.ts'
import type { Audience } from './audiences.ts'
import type { Owner } from './buffer-budget.ts'
import { eventPacket } from './payload.ts'
import type { Subscription } from './subscription.ts'

type Filters = Pick<Subscription, 'events' | 'instances' | 'filter'>

export interface ScopeOptions {
  namespace: string
  /** The only instance whose events it may see; `undefined`: all, on `/`. */
  instanceKey: number | undefined
  filters: Filters
  /** Returns an event as the namespace of its instance carries it. */
  contentOf: (event: StoredEvent) => StoredEvent
}

/** The events that a socket receives: those that it may see and has asked for. */
export class Scope {
  readonly namespace: string
  readonly onRoot: boolean
  /** The only instance whose events it may see; `undefined`: all, on `/`. */
  readonly instanceKey: number | undefined
  /** The owner of the bytes that wait for the socket. */
  readonly owner: Owner
  readonly events: ReadonlySet<string> | undefined
  readonly instances: ReadonlySet<string> | undefined
  readonly filter: EventFilter | undefined
  /** Equal for scopes of the same events. */
  readonly id: string
  readonly #contentOf: (event: StoredEvent) => StoredEvent

  constructor({ namespace, instanceKey, filters, contentOf }: ScopeOptions) {
    const { events, instances, filter } = filters
    this.namespace = namespace
    this.onRoot = namespace === '/'
    this.instanceKey = instanceKey
    this.owner = instanceKey ?? 'all'
    this.events = events
    this.instances = instances
    this.filter = filter
    this.#contentOf = contentOf
    this.id = JSON.stringify([namespace, instanceKey ?? null, sorted(events), sorted(instances), filter ?? null])
  }

  /** True if the socket receives an event with this audience. */
  includes(event: StoredEvent, audience: Audience): boolean {
    return (
      (this.onRoot ? audience.root : audience.namespace) &&
      (this.instanceKey === undefined || this.instanceKey === event.instanceKey) &&
      (this.events === undefined || this.events.has(event.event)) &&
      (this.instances === undefined || this.instances.has(event.instance)) &&
      (this.filter === undefined || passes(this.filter, eventKey(event.event), event))
    )
  }

  /** Returns an event as the namespace carries it now. */
  content(event: StoredEvent): StoredEvent {
    return this.onRoot ? event : this.#contentOf(event)
  }

  /** Encodes an event as a packet of the namespace. */
  packet(event: StoredEvent): string {
    return this.encode(this.content(event))
  }

  /** Encodes an event that `content` has returned. */
  encode(content: StoredEvent): string {
    return eventPacket(this.namespace, content.event, socketMessage(content))
  }
}

function sorted(names: ReadonlySet<string> | undefined): string[] | null {
  return names ? [...names].sort() : null
}
