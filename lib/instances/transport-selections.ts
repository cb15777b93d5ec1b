import type { AutoRegistration } from './auto-registration.ts'
import type { EventCatalogue } from '../events/catalogue.ts'
import type { InstanceDirectory, SelectionInput } from './directory.ts'
import type { Instance, Selection, TransportName } from './instance.ts'
import { assertInstanceName } from './name.ts'
import { type ResolvedRequest, resolveSelection, type SelectionRequest } from './selections.ts'

export interface TransportSelectionsOptions {
  transport: TransportName
  instances: InstanceDirectory
  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf: (instance: string) => EventCatalogue
  registration: AutoRegistration
}

/** The selections of one transport. */
export class TransportSelections {
  readonly #options: TransportSelectionsOptions

  constructor(options: TransportSelectionsOptions) {
    this.#options = options
  }

  /** Returns the stored selection; `undefined` if none was ever set. */
  get(instance: string): Selection | undefined {
    return this.#options.instances.get(instance)?.selections[this.#options.transport]
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    const stored = this.#options.instances.require(instance).selections[this.#options.transport]
    return stored ? this.#expanded(instance, stored) : null
  }

  /**
   * The selection that a request results in; stores nothing.
   * @param prefix of the names of members in error messages, such as `sqs.`
   * @throws {EventUnknownError} {FilterInvalidError} {InstanceNameError}
   */
  prepare(instance: string, request: SelectionRequest, prefix = ''): ResolvedRequest {
    assertInstanceName(instance)
    const catalogue = this.#options.catalogueOf(instance)
    return resolveSelection(request, { stored: this.get(instance), catalogue, prefix })
  }

  /**
   * Runs a call that stores a selection, and so registers its instance if that is unknown.
   * @throws as `AutoRegistration.begin`, before the call, and what the call throws
   */
  async registering<T>(instance: string, call: () => Promise<T>): Promise<T> {
    const { instances, registration } = this.#options
    if (instances.get(instance)) return call()
    registration.begin(instance)
    try {
      return await call()
    } finally {
      registration.end(instance)
    }
  }

  /**
   * Stores a selection.
   * @param onlyFor key of the only instance that it is for; `undefined`: it is for the one that has the name
   * @throws {InstanceNotFoundError} the instance is gone, or it is unknown and such ones are not registered
   */
  async store(
    instance: string,
    input: SelectionInput,
    onlyFor: number | undefined
  ): Promise<{ instance: Instance; selection: Selection }> {
    const { instances, transport, registration } = this.#options
    const stored = await instances.setSelection(instance, transport, input, {
      register: registration.enabled,
      onlyFor
    })
    // It has just been stored.
    return { instance: stored, selection: this.#expanded(instance, stored.selections[transport] as Selection) }
  }

  #expanded(instance: string, selection: Selection): Selection {
    const { createdAt, updatedAt, ...stored } = selection
    return { ...stored, events: this.#options.catalogueOf(instance).expand(stored.events), createdAt, updatedAt }
  }
}
