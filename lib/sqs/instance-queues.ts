import type { FastifyBaseLogger } from 'fastify'
import { ClosingError } from '../errors.ts'
import { type EventCatalogue, selectsAll, UNLISTED_KEY } from '../events/catalogue.ts'
import type { Selection } from '../instances/instance.ts'
import { ensureAll } from './ensure-many.ts'
import { Limiter } from './limiter.ts'
import type { OtherAttribute } from './new-queues.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueNames } from './queue-names.ts'

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
/** Queues that are looked up, created or deleted at once, for all requests: fewer than the client has sockets for. */
const QUEUES_AT_ONCE = 8

export interface InstanceQueuesOptions {
  names: QueueNames
  /** Returns the catalogue of the events that an instance may have. */
  catalogueOf: (instance: string) => EventCatalogue
  provisioner: QueueProvisioner
  /** True if queues whose events are no longer selected are deleted. */
  deleteUnused: boolean
  /** True if anything is pending for a queue. */
  hasPending: (queue: string) => boolean
  log: FastifyBaseLogger
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

  /** Deletes queues that only the former selection needed, in the background, if they are empty. */
  deleteUnused(
    instance: string,
    { before, after }: { before: Selection | undefined; after: Selection | undefined }
  ): void {
    const { names, provisioner, deleteUnused, hasPending, log } = this.#options
    if (!deleteUnused) return
    const kept = this.#keys(instance, after?.enabled ? after : undefined)
    for (const key of this.#keys(instance, before)) {
      const queue = names.own(instance, key)
      if (kept.has(key) || hasPending(queue)) continue
      void this.#limiter
        .run(() => provisioner.deleteUnused(queue))
        .then((deleted) => {
          if (deleted) log.info({ queue }, 'An unused queue was deleted')
        })
    }
  }

  /** Returns the keys of the queues that a stored selection may have. */
  #keys(instance: string, selection: Selection | undefined): ReadonlySet<string> {
    const stored = selection?.events ?? []
    return new Set([...this.#options.catalogueOf(instance).expand(stored), ...unlistedOf(stored)])
  }

  #others(name: string): Pick<InstanceQueue, 'otherAttributes'> {
    const otherAttributes = this.#options.provisioner.differences.of(name)
    return otherAttributes ? { otherAttributes } : {}
  }

  /** Ends calls of `ensure` that are under way, and later ones: with a `ClosingError`. */
  close(): void {
    this.#closing.abort(new ClosingError())
  }
}

/** The key of the queues for events that are not in the catalogue, if a stored selection includes them. */
export function unlistedOf(stored: readonly string[] | undefined): string[] {
  return selectsAll(stored) ? [UNLISTED_KEY] : []
}
