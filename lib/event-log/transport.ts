import type { StoredEvent } from '../events/event.ts'
import type { CatalogueEvent } from '../events/catalogue.ts'
import type { WithData } from '../filters/parsed-data.ts'
import type { Instance, TransportName } from '../instances/instance.ts'
import type { QueueFault } from '../operation/fault.ts'

/** The destinations of an event in one transport. */
export interface Route {
  /** Names of the queues to deliver it to. */
  queues?: readonly string[]
  /** True if the transport has readers of the log that may see it. */
  read?: boolean
}

/** Copies of erased events that a transport had stored elsewhere. */
export interface Forgotten {
  /** Number of events whose copies were looked for. */
  events: number
  /** Number of objects that were deleted; those that were missing are not counted. */
  objects: number
  /** Objects that could not be deleted: the id of the event, the key of the object, and why. */
  failed: { id: string; key: string; reason: string }[]
}

/** A transport as the log sees it. */
export interface Transport {
  readonly name: TransportName
  /**
   * Returns where an event goes. Called for each event; must use memory alone. `instance` is undefined for an unknown one.
   * `content` is the same object whenever an event is planned again.
   */
  plan(event: CatalogueEvent, instance: Instance | undefined, content: WithData): Route
  /** Returns the reasons why queues accept nothing. @param except name of an instance whose own queues are left out */
  queueFaults?(except: string): QueueFault[]
  /**
   * Deletes copies of events that it has stored outside of the log and of queues. The events are as they were before
   * they were erased. Idempotent.
   */
  forget?(events: readonly StoredEvent[]): Promise<Forgotten>
}
