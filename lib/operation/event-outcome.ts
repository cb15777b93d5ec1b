import { EventNotFoundError } from '../errors.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { ERASED, QUEUED, type StoredEvent, UNLISTED } from '../events/event.ts'
import type { SqsEmitter } from '../sqs/emitter.ts'
import type { UnsentDelivery } from '../store/delivery-store.ts'
import { compareTexts } from '../text/compare-texts.ts'
import type { WebsocketEmitter } from '../websocket/emitter.ts'

/** What became of the delivery of an event to a queue. */
export type QueueOutcome =
  | { readonly queue: string; readonly outcome: 'sent' | 'pending' }
  | { readonly queue: string; readonly outcome: 'dead'; readonly deadLetter: Required<UnsentDelivery>['deadLetter'] }

/** What became of an event. */
export interface EventOutcome {
  readonly id: string
  readonly offset: number
  /** The queues of the event, by name. */
  readonly queues: QueueOutcome[]
  /** False: queues that have the event may be missing, because the selection was changed, or the event was erased. */
  readonly complete: boolean
  /** Number of connected sockets of this node that have received it. */
  readonly sockets: number
  /** Number of nodes, this one included. */
  readonly nodes: number
}

export interface EventOutcomesOptions {
  eventLog: EventLog
  /** Absent: SQS is switched off. */
  sqs: Pick<SqsEmitter, 'plan'> | undefined
  /** Absent: sockets are switched off. */
  websocket: Pick<WebsocketEmitter, 'countReceivers'> | undefined
}

/**
 * Finds out what became of events. The log does not keep to which queues an event went: they are planned again, as long as the
 * selection is still the one of then.
 */
export class EventOutcomes {
  readonly #options: EventOutcomesOptions

  constructor(options: EventOutcomesOptions) {
    this.#options = options
  }

  /** @throws {InstanceNotFoundError} {EventNotFoundError} */
  async of(instance: string, offset: number): Promise<EventOutcome> {
    const { eventLog, websocket } = this.#options
    const { store, instances } = eventLog
    const { key: instanceKey } = instances.require(instance)
    const [event] = await store.log.read({ instanceKey, after: offset - 1, upTo: offset, limit: 1 })
    if (!event) throw new EventNotFoundError(instance, offset)
    const planned = this.#planned(event)
    const outcomes = new Map<string, QueueOutcome>(planned?.map((queue) => [queue, { queue, outcome: 'sent' }]))
    for (const { queue, deadLetter } of await store.deliveries.unsent({ instanceKey, offset }))
      outcomes.set(queue, deadLetter ? { queue, outcome: 'dead', deadLetter } : { queue, outcome: 'pending' })
    return {
      id: event.id,
      offset,
      queues: [...outcomes.values()].sort((a, b) => compareTexts(a.queue, b.queue)),
      complete: planned !== undefined,
      sockets: websocket?.countReceivers(event) ?? 0,
      nodes: store.status()?.nodes ?? 1
    }
  }

  /** Returns the queues that an event was accepted for; `undefined` if that is not known. */
  #planned(event: StoredEvent): readonly string[] | undefined {
    const { eventLog, sqs } = this.#options
    if (!(event.flags & QUEUED)) return []
    const catalogue = eventLog.catalogueOf(event.instance)
    const known = catalogue.find(event.event) ?? (event.flags & UNLISTED ? catalogue.unlisted(event.event) : undefined)
    const instance = eventLog.instances.require(event.instance)
    const changedAt = instance.selections.sqs?.updatedAt.getTime() ?? 0
    if (!sqs || !known || event.flags & ERASED || changedAt > event.acceptedAt) return undefined
    return sqs.plan(known, instance, event).queues
  }
}
