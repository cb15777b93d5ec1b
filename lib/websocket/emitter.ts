import type { EmitResult, EventLog } from '../event-log/event-log.ts'
import type { Route, Transport } from '../event-log/transport.ts'
import type { WithData } from '../filters/parsed-data.ts'
import type { CatalogueEvent } from '../events/catalogue.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import type { SelectionRequest, SetOptions } from '../instances/selections.ts'
import { TransportSelections } from '../instances/transport-selections.ts'
import type { Fault } from '../operation/fault.ts'
import type { InstanceEventInput } from '../schemas/event-input.ts'
import type { Audiences } from './audiences.ts'
import type { Hub } from './hub.ts'
import type { SocketFaults } from './socket-faults.ts'

/** A stored selection. */
export interface WebsocketSelection {
  instance: Instance
  selection: Selection
  /** Keys that were left out of the list, and why. */
  notes: string[]
}

export interface WebsocketEmitterOptions {
  eventLog: EventLog
  hub: Hub
  audiences: Audiences
  faults: SocketFaults
  path: string
  globalEvents: boolean
  maxSocketsPerInstance: number
}

/** `fastify.websocket`: sends events to Socket.IO clients, and selects them. */
export class WebsocketEmitter implements Transport {
  readonly name = 'websocket'
  /** True if `/` carries the events of all instances. */
  readonly globalEvents: boolean
  /** Sockets that the token of an instance without its own limit may have open. */
  readonly maxSocketsPerInstance: number
  /** Path of the Socket.IO endpoint. */
  readonly path: string
  readonly #eventLog: EventLog
  readonly #hub: Hub
  readonly #audiences: Audiences
  readonly #faults: SocketFaults
  readonly #selections: TransportSelections

  constructor({
    eventLog,
    hub,
    audiences,
    faults,
    path,
    globalEvents,
    maxSocketsPerInstance
  }: WebsocketEmitterOptions) {
    this.globalEvents = globalEvents
    this.maxSocketsPerInstance = maxSocketsPerInstance
    this.path = path
    this.#eventLog = eventLog
    this.#hub = hub
    this.#audiences = audiences
    this.#faults = faults
    const { instances, registration } = eventLog
    this.#selections = new TransportSelections({
      transport: this.name,
      instances,
      catalogueOf: (name) => eventLog.catalogueOf(name),
      registration
    })
  }

  /**
   * Accepts an event for sockets alone: it is logged, then sent to those that are connected.
   * @throws as `onInstanceEvent`
   */
  emit(input: InstanceEventInput): Promise<EmitResult> {
    return this.#eventLog.accept(input, { only: this.name })
  }

  /** Selects events of an instance. @throws as `prepare` @throws {InstanceNotFoundError} {TooManyInstancesError} */
  async set(
    instance: string,
    request: SelectionRequest,
    { prefix, onlyFor }: SetOptions = {}
  ): Promise<WebsocketSelection> {
    return this.#selections.registering(instance, async () => {
      const { selection, notes } = this.prepare(instance, request, prefix)
      return { ...(await this.#selections.store(instance, selection, onlyFor)), notes }
    })
  }

  /**
   * The selection that a request results in; stores nothing.
   * @param prefix of the names of members in error messages, such as `websocket.`
   * @throws {EventUnknownError} {FilterInvalidError} {InstanceNameError}
   */
  prepare(instance: string, request: SelectionRequest, prefix?: string) {
    return this.#selections.prepare(instance, request, prefix)
  }

  /** The stored selection; `null` if there never was one. @throws {InstanceNotFoundError} */
  find(instance: string): Selection | null {
    return this.#selections.find(instance)
  }

  plan(event: CatalogueEvent, instance: Instance | undefined, content: WithData): Route {
    const { namespace, root } = this.#audiences.ofInstance(event, instance, content)
    return { read: namespace || root }
  }

  /** Number of listening sockets. */
  get connected(): number {
    return this.#hub.connected
  }

  /** Number of sockets on the way from an offset to the head of the log. */
  get replaying(): number {
    return this.#hub.replaying
  }

  /** Number of replays that wait until clients have read what is buffered for others. */
  get waiting(): number {
    return this.#hub.waiting
  }

  /** Bytes that wait for clients; shared ones count once. */
  get bufferedBytes(): number {
    return this.#hub.bufferedBytes
  }

  /** Returns the number of listening sockets of this node that have received an event. */
  countReceivers(event: StoredEvent): number {
    return this.#hub.countReceivers(event)
  }

  /** Reasons why sockets are not served, for `GET /overview`. */
  faults(): Fault[] {
    return this.#faults.list()
  }
}
