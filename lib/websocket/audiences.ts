import type { CatalogueEvent } from '../events/catalogue.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { selects } from '../instances/selections.ts'
import { isKeptFrom, type StoredEvent } from '../events/event.ts'
import type { Instance } from '../instances/instance.ts'

/** Where an event may be seen, whoever listens. */
export interface Audience {
  readonly namespace: boolean
  readonly root: boolean
}

const NOBODY: Audience = { namespace: false, root: false }

/** Decides where events may be seen, by what is selected at the time. */
export class Audiences {
  readonly #eventLog: EventLog
  /** Whether `/` carries events. */
  readonly #globalEvents: boolean

  constructor(eventLog: EventLog, globalEvents: boolean) {
    this.#eventLog = eventLog
    this.#globalEvents = globalEvents
  }

  /**
   * The audience of a logged event. A selection that changes applies at once, in replays too: an event that is deselected
   * stops, one that was selected since can be replayed.
   */
  of(event: StoredEvent): Audience {
    const { catalogue, instances } = this.#eventLog
    const known = catalogue.find(event.event)
    if (!known || isKeptFrom(event, 'websocket')) return NOBODY
    const instance = instances.get(event.instance)
    // An instance that was created anew under the same name does not inherit events.
    return this.ofInstance(known, instance?.key === event.instanceKey ? instance : undefined)
  }

  /** The audience of an event of an instance; `undefined` for an unknown one. */
  ofInstance({ key, inAll }: CatalogueEvent, instance: Instance | undefined): Audience {
    const namespace = instance !== undefined && selects(instance.selections.websocket, key)
    return { namespace, root: this.#globalEvents && (inAll || namespace) }
  }
}
