import { ClosingError } from '../errors.ts'
import { type EventCatalogue, selectsAll, UNLISTED_KEY } from '../events/catalogue.ts'
import type { Selection } from '../instances/instance.ts'
import { ensureAll } from './ensure-many.ts'
import { Limiter } from './limiter.ts'
import type { OtherAttribute } from './new-queues.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueNames } from './queue-names.ts'
import type { UnusedQueues } from './unused-queues.ts'

/** A queue of one instance. `event` is the event key. */
export interface InstanceQueue {
  event: string
  name: string
  /** `null`: SQS does not have the queue (yet). */
  url: string | null
  /** Attributes that the queue has with other values than new ones; absent if there are none, or if SQS was not asked for them. */
  otherAttributes?: OtherAttribute[]
}

/** A request that creates queues is answered within this time: before the proxies and clients that wait for it give up. */
const ENSURE_TIMEOUT_MS = 25_000
/** Queues that are looked up or created at once, for all requests: fewer than the client has sockets for. */
const QUEUES_AT_ONCE = 8

export interface InstanceQueuesOptions {
  names: QueueNames
  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf: (instance: string) => EventCatalogue
  provisioner: QueueProvisioner
  /** Returns the selection that is stored now. */
  selectionOf: (instance: string) => Selection | undefined
  /** Absent: queues whose events are no longer selected are kept. */
  unused: UnusedQueues | undefined
}

/** The queues of instances, one for each event that an instance selects. */
export class InstanceQueues {
  readonly #options: InstanceQueuesOptions
  readonly #limiter = new Limiter(QUEUES_AT_ONCE)
  readonly #closing = new AbortController()

  constructor(options: InstanceQueuesOptions) {
    this.#options = options
  }

  /**
   * Keeps the queues of a selection that is about to be stored from being deleted as unused.
   * @throws {QueueUnavailableError} one of them is being deleted
   */
  async keep(instance: string, stored: readonly string[]): Promise<void> {
    await this.#options.unused?.keep(this.#namesOf(instance, stored))
  }

  /**
   * Creates the queues that are missing.
   * @throws {QueueUnavailableError} {QueueUnusableError} {ClosingError}
   */
  async ensure(instance: string, events: readonly string[]): Promise<InstanceQueue[]> {
    const { names, provisioner } = this.#options
    const specs = events.map((event) => ({ name: names.own(instance, event), instance, event }))
    const urls = await ensureAll(provisioner, specs, {
      timeoutMs: ENSURE_TIMEOUT_MS,
      limiter: this.#limiter,
      signal: this.#closing.signal
    })
    return specs.map(({ name, event }, index) => ({ event, name, url: urls[index] as string, ...this.#others(name) }))
  }

  /**
   * The queue of events that are not in the catalogue, if a stored selection includes them. It is created with the first
   * such event. Never rejects: `url` is `null`, too, if SQS does not answer.
   */
  async findUnlisted(instance: string, stored: readonly string[]): Promise<InstanceQueue[]> {
    return Promise.all(
      unlistedOf(stored).map((event) =>
        this.find(instance, [event]).then(
          ([queue]) => queue as InstanceQueue,
          () => ({ event, name: this.#options.names.own(instance, event), url: null })
        )
      )
    )
  }

  /** The queues of these events. Creates none. @throws {QueueUnavailableError} */
  find(instance: string, events: readonly string[]): Promise<InstanceQueue[]> {
    const { names, provisioner } = this.#options
    return Promise.all(
      events.map(async (event) => {
        const name = names.own(instance, event)
        const url = (await this.#limiter.run(() => provisioner.find(name))) ?? null
        return { event, name, url, ...this.#others(name) }
      })
    )
  }

  /** Deletes queues that only the former selection needed, in the background, if they stay unused. */
  deleteUnused(
    instance: string,
    { before, after }: { before: Selection | undefined; after: Selection | undefined }
  ): void {
    const { unused, selectionOf } = this.#options
    const neededBy = (selection: Selection | undefined) =>
      new Set(selection?.enabled ? this.#namesOf(instance, selection.events) : [])
    const queues = new Set(this.#namesOf(instance, before?.events ?? [])).difference(neededBy(after))
    void unused?.delete({ instance, queues: [...queues], needed: () => neededBy(selectionOf(instance)) })
  }

  /** Returns the names of the queues that a stored selection may have. */
  #namesOf(instance: string, stored: readonly string[]): string[] {
    const { names, catalogueOf } = this.#options
    const keys = [...catalogueOf(instance).expand(stored), ...unlistedOf(stored)]
    return keys.map((key) => names.own(instance, key))
  }

  #others(name: string): Pick<InstanceQueue, 'otherAttributes'> {
    const otherAttributes = this.#options.provisioner.differences.of(name)
    return otherAttributes ? { otherAttributes } : {}
  }

  /** Ends calls of `ensure` that are under way, and later ones, with a `ClosingError`; and deletions that wait. */
  close(): void {
    this.#closing.abort(new ClosingError())
    this.#options.unused?.close()
  }
}

/** The key of the queues for events that are not in the catalogue, if a stored selection includes them. */
export function unlistedOf(stored: readonly string[] | undefined): string[] {
  return selectsAll(stored) ? [UNLISTED_KEY] : []
}
