import type { FastifyBaseLogger } from 'fastify'
import {
  describeOthers,
  type DifferingQueues,
  type NewQueues,
  type OtherAttribute,
  type QueueKind
} from './new-queues.ts'

/** Queues that are named in `/overview`, and in the log of the server. */
const MAX_NAMED = 20

/** Existing queues whose attributes differ from those of new queues, of those that were read from SQS. */
export class QueueDifferences {
  readonly #new: NewQueues
  readonly #log: FastifyBaseLogger
  readonly #differing = new Map<string, OtherAttribute[]>()

  constructor({ newQueues, log }: { newQueues: NewQueues; log: FastifyBaseLogger }) {
    this.#new = newQueues
    this.#log = log
  }

  /** The names of the attributes that `compare` needs. */
  compared(kind: QueueKind): string[] {
    return this.#new.compared(kind)
  }

  /** Compares the attributes of an existing queue, in place of what was known of it. */
  compare(name: string, kind: QueueKind, attributes: Readonly<Record<string, string>>): void {
    const others = this.#new.compare(kind, attributes)
    this.#differing.delete(name)
    if (others.length === 0) return
    this.#differing.set(name, others)
    this.#log[this.#differing.size > MAX_NAMED ? 'debug' : 'info'](
      { queue: name, reason: describeOthers(others) },
      'A queue has other attributes than a new one would have; it is used without changes'
    )
  }

  /** The attributes that a queue has with other values than new ones; `undefined` if there are none, or none is known. */
  of(name: string): OtherAttribute[] | undefined {
    return this.#differing.get(name)
  }

  forget(name: string): void {
    this.#differing.delete(name)
  }

  /** How many there are, and the first of them. */
  get summary(): DifferingQueues {
    const queues = [...this.#differing.entries().take(MAX_NAMED)]
    return { count: this.#differing.size, queues: queues.map(([name, otherAttributes]) => ({ name, otherAttributes })) }
  }
}
