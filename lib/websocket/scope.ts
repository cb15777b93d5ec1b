import { eventKey } from '../events/event-key.ts'
import { socketMessage } from '../events/messages.ts'
import type { StoredEvent } from '../events/event.ts'
import { type EventFilter, passes } from '../filters/event-filter.ts'
import { type Omission, withoutOmitted } from '../filters/omission.ts'
import type { Audience } from './audiences.ts'
import type { Owner } from './buffer-budget.ts'
import type { Encoding, Notification } from './encoding.ts'
import { Payload } from './payload.ts'
import type { Subscription } from './subscription.ts'

type Filters = Pick<Subscription, 'events' | 'instances' | 'filter'>

export interface ScopeOptions {
  namespace: string
  /** Key of the only instance whose events it may receive; `undefined` for all, on `/`. */
  instanceKey: number | undefined
  filters: Filters
  /** How clients of its kind receive events. */
  encoding: Encoding
  /** Returns the members that the namespace of its instance currently leaves out. */
  omission: () => Omission | undefined
}

/** The events that a listener receives: those that it is authorized for and has selected. */
export class Scope {
  readonly namespace: string
  readonly onRoot: boolean
  /** Key of the only instance whose events it may receive; `undefined` for all, on `/`. */
  readonly instanceKey: number | undefined
  /** The owner of the bytes that wait for the listener. */
  readonly owner: Owner
  readonly events: ReadonlySet<string> | undefined
  readonly instances: ReadonlySet<string> | undefined
  readonly filter: EventFilter | undefined
  /** Equal for scopes whose events are encoded in the same way. */
  readonly channel: string
  /** Equal for scopes of the same events and channel. */
  readonly id: string
  readonly #encoding: Encoding
  readonly #omission: () => Omission | undefined

  constructor({ namespace, instanceKey, filters, encoding, omission }: ScopeOptions) {
    const { events, instances, filter } = filters
    this.namespace = namespace
    this.onRoot = namespace === '/'
    this.instanceKey = instanceKey
    this.owner = instanceKey ?? 'all'
    this.events = events
    this.instances = instances
    this.filter = filter
    this.channel = `${encoding.name} ${namespace}`
    this.id = JSON.stringify([this.channel, instanceKey ?? null, sorted(events), sorted(instances), filter ?? null])
    this.#encoding = encoding
    this.#omission = omission
  }

  /** Members that are currently left out; none on `/`. */
  get omission(): Omission | undefined {
    return this.onRoot ? undefined : this.#omission()
  }

  /** Returns true if the listener receives an event with this audience. */
  includes(event: StoredEvent, audience: Audience): boolean {
    return (
      (this.onRoot ? audience.root : audience.namespace) &&
      (this.instanceKey === undefined || this.instanceKey === event.instanceKey) &&
      (this.events === undefined || this.events.has(event.event)) &&
      (this.instances === undefined || this.instances.has(event.instance)) &&
      (this.filter === undefined || passes(this.filter, eventKey(event.event), event))
    )
  }

  /** Encodes events. */
  payload(events: readonly StoredEvent[]): Payload {
    const { omission } = this
    return this.#payload(
      events.map((event) => {
        const { event: name, offset } = event
        return this.#encoding.event(this.namespace, {
          name,
          offset,
          json: socketMessage(withoutOmitted(event, omission))
        })
      })
    )
  }

  /** Encodes messages about the connection. */
  notifications(messages: readonly Notification[]): Payload {
    return this.#payload(messages.map((message) => this.#encoding.notification(this.namespace, message)))
  }

  #payload(packets: readonly string[]): Payload {
    return new Payload(packets, { owner: this.owner, join: this.#encoding.join })
  }
}

function sorted(names: ReadonlySet<string> | undefined): string[] | null {
  return names ? [...names].sort() : null
}
