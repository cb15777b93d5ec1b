import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import { isKeptFrom, type StoredEvent } from '../events/event.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import { selects } from '../instances/selections.ts'

/** The namespaces in which an event may be seen. */
export interface Audience {
  /** `/<instance>` */
  readonly namespace: boolean
  /** `/` */
  readonly root: boolean
}

export interface AudiencesOptions {
  catalogue: EventCatalogue
  instances: InstanceDirectory
  /** True if `/` carries events. */
  globalEvents: boolean
}

const NOBODY: Audience = { namespace: false, root: false }

/** Decides where events may be seen, by the selections of the moment. */
export class Audiences {
  readonly #options: AudiencesOptions

  constructor(options: AudiencesOptions) {
    this.#options = options
  }

  /**
   * Returns the audience of a logged event. A change of a selection applies at once, also to replays: an event that is no
   * longer selected is not replayed, one that was selected since is.
   */
  of(event: StoredEvent): Audience {
    const { catalogue, instances } = this.#options
    const known = catalogue.find(event.event)
    if (!known || isKeptFrom(event, 'websocket')) return NOBODY
    const instance = instances.get(event.instance)
    // An instance that was created again under the same name does not inherit events.
    return this.ofInstance(known, instance?.key === event.instanceKey ? instance : undefined)
  }

  /** Returns the audience of an event of an instance; `undefined` for an unknown instance. */
  ofInstance({ key, inAll }: CatalogueEvent, instance: Instance | undefined): Audience {
    const namespace = instance !== undefined && selects(instance.selections.websocket, key)
    return { namespace, root: this.#options.globalEvents && (inAll || namespace) }
  }
}
