import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { QueueUnavailableError } from '../errors.ts'
import type { DeadLetterStore } from '../store/dead-letter-store.ts'
import type { DeliveryStore } from '../store/delivery-store.ts'
import type { QueueDeletions } from '../store/queue-deletions.ts'
import { Limiter } from './limiter.ts'
import type { QueueProvisioner } from './provisioner.ts'

export interface UnusedQueuesOptions {
  provisioner: QueueProvisioner
  deletions: QueueDeletions
  deliveries: Pick<DeliveryStore, 'shares'>
  deadLetters: Pick<DeadLetterStore, 'groups'>
  /**
   * Milliseconds between the two times at which a queue has to be found empty: the counts of SQS may be a minute old, or more.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
   */
  afterMs: number
  /**
   * Milliseconds for which a queue that was deleted is not used: SQS may accept messages for it, and drop them.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
   * @default 60_000
   */
  settleMs?: number
  log: FastifyBaseLogger
}

/** Queues of one instance that its selection no longer needs. */
export interface Unneeded {
  readonly instance: string
  readonly queues: readonly string[]
  /** Returns the names of the queues that its selection needs now. */
  readonly needed: () => ReadonlySet<string>
}

/** Time within which deletions that have begun are over, also when SQS and the database are slow. */
const BEGUN_MS = 5 * 60_000
/** Queues that are looked at or deleted at once. */
const QUEUES_AT_ONCE = 4
/** More than the queues and reasons of one instance. */
const GROUPS = 1_000

/**
 * Deletes queues that no selection needs. A queue is looked at twice, with time between, and is deleted if it was created by this
 * package and is empty, nothing is pending for it, it has no dead letters, and no node has selected it again.
 */
export class UnusedQueues {
  readonly #options: UnusedQueuesOptions
  readonly #limiter = new Limiter(QUEUES_AT_ONCE)
  readonly #closing = new AbortController()

  constructor(options: UnusedQueuesOptions) {
    this.#options = options
  }

  /** Deletes queues that are still unused after a while. Never rejects. */
  async delete({ instance, queues, needed }: Unneeded): Promise<void> {
    const { provisioner, deletions, afterMs, settleMs = 60_000, log } = this.#options
    const id = randomUUID()
    try {
      const idle = await this.#withoutEvents(instance, queues)
      const unused = await this.#each(idle, (queue) => provisioner.isUnused(queue))
      if (unused.length === 0) return
      await deletions.announce(unused, id)
      await sleep(afterMs, undefined, { signal: this.#closing.signal })
      const begun = new Set(await deletions.begin(unused, id, BEGUN_MS))
      // From now on, no node can select them.
      const left = await this.#withoutEvents(instance, [...begun.difference(needed())])
      const deleted = await this.#each(left, (queue) => provisioner.deleteUnused(queue))
      for (const queue of deleted) log.info({ queue }, 'An unused queue was deleted')
      await deletions.end([...begun.difference(new Set(deleted))], id)
      // The others settle, also if this process stops.
      await deletions.begin(deleted, id, settleMs)
    } catch (error) {
      if (!this.#closing.signal.aborted) log.warn({ instance, err: error }, 'Unused queues could not be deleted')
    }
  }

  /**
   * Keeps queues that a selection is about to need, and has SQS asked for them, since another node may have deleted them.
   * @throws {QueueUnavailableError} one of them is being deleted, or has just been deleted
   */
  async keep(queues: readonly string[]): Promise<void> {
    const { provisioner, deletions } = this.#options
    const [busy] = await deletions.revoke(queues)
    if (busy !== undefined)
      throw new QueueUnavailableError(
        busy,
        'QueueDeletedRecently',
        'it was unused and is being deleted; try again in a minute'
      )
    for (const queue of queues) provisioner.forget(queue)
  }

  /** Ends the work of `delete`. Queues that it has not deleted stay. */
  close(): void {
    this.#closing.abort()
  }

  /** Those queues for which nothing is pending on any node, and that have no dead letters, which may be redriven at any time. */
  async #withoutEvents(instance: string, queues: readonly string[]): Promise<string[]> {
    const { deliveries, deadLetters } = this.#options
    const { queues: dead } = await deadLetters.groups({ instance, limit: GROUPS })
    const { byQueue } = await deliveries.shares()
    const busy = new Set([...byQueue.keys(), ...dead.map(({ name }) => name)])
    return queues.filter((queue) => !busy.has(queue))
  }

  /** Returns the queues for which `work` returns true. */
  async #each(queues: readonly string[], work: (queue: string) => Promise<boolean>): Promise<string[]> {
    const results = await Promise.all(queues.map((queue) => this.#limiter.run(() => work(queue))))
    return queues.filter((_, index) => results[index])
  }
}
