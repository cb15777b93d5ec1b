import type { CatalogueEvent, EventCatalogue } from '../events/catalogue.ts'
import type { Omission } from '../filters/omission.ts'
import type { WithData } from '../filters/parsed-data.ts'
import { isKeptFrom, UNLISTED, type StoredEvent } from '../events/event.ts'
import type { InstanceDirectory } from '../instances/directory.ts'
import type { Instance } from '../instances/instance.ts'
import { delivers } from '../instances/selections.ts'

/** The namespaces in which an event may be seen. */
export interface Audience {
  /** `/<instance>` */
  readonly namespace: boolean
  /** `/` */
  readonly root: boolean
}

export interface AudiencesOptions {
  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf: (instance: string) => EventCatalogue
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
    const { catalogueOf, instances } = this.#options
    const catalogue = catalogueOf(event.instance)
    const known = catalogue.find(event.event) ?? (event.flags & UNLISTED ? catalogue.unlisted(event.event) : undefined)
    if (!known || isKeptFrom(event, 'websocket')) return NOBODY
    const instance = instances.get(event.instance)
    // An instance that was created again under the same name does not inherit events.
    return this.ofInstance(known, instance?.key === event.instanceKey ? instance : undefined, event)
  }

  /** Returns the members that the namespace of an instance currently leaves out. */
  omissionOf(instance: Instance | undefined): Omission | undefined {
    return instance && this.#options.instances.get(instance.name)?.selections.websocket?.omit
  }

  /** Returns the audience of an event of an instance; `undefined` for an unknown instance. */
  ofInstance(event: CatalogueEvent, instance: Instance | undefined, content: WithData): Audience {
    const namespace = delivers(instance?.selections.websocket, event, content)
    return { namespace, root: this.#options.globalEvents && (event.inAll || namespace) }
  }
}
