import { createHash } from 'node:crypto'
import { CALLER_ID, type StoredEvent } from '../events/event.ts'
import { slugOf } from './slug.ts'

export interface QueueSpec {
  name: string
  /** Becomes a tag; absent on queues that all instances share. */
  instance?: string
  /** Event key; becomes a tag. Absent on a queue for all events. */
  event?: string
}

/** The type of the queues: names of `fifo` queues end in `.fifo`. */
export type QueueType = 'fifo' | 'standard'

export interface QueueNamesOptions {
  type: QueueType
  /** Prefix of the queues that all instances share. */
  prefix: string
  /** One shared queue for all events, instead of one for each. */
  singleQueue: boolean
  /** All event keys of the catalogue. */
  keys: readonly string[]
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
const QUEUE_NAME_MAX = 80
const GROUP_ID_MAX = 128

/**
 * The names of queues, both for creating them and for sending.
 * Two different (instance, event) pairs, or an instance and the shared queues, never have the same name.
 */
export class QueueNames {
  readonly #suffix: string
  readonly #prefix: string
  readonly #singleQueue: boolean
  /** Lower-case keys that end in another key: `a_b` + `c` could be `a` + `b_c`. */
  readonly #lowerKeys: readonly string[]
  readonly #sharedNames: ReadonlySet<string>

  constructor({ type, prefix, singleQueue, keys }: QueueNamesOptions) {
    this.#suffix = type === 'fifo' ? '.fifo' : ''
    this.#prefix = prefix
    this.#singleQueue = singleQueue
    this.#lowerKeys = keys.map((key) => key.toLowerCase())
    this.#sharedNames = new Set(keys.map((key) => this.shared(key)))
  }

  /** The specs of the shared queues for these keys. */
  sharedSpecs(keys: Iterable<string>): QueueSpec[] {
    if (this.#singleQueue) return [{ name: this.shared('') }]
    return [...keys].map((key) => ({ name: this.shared(key), event: key }))
  }

  /** The name of a queue that all instances share: `global_messages_upsert.fifo`, or `global_singlequeue.fifo`. */
  shared(key: string): string {
    const last = this.#singleQueue ? 'singlequeue' : key.toLowerCase()
    const room = QUEUE_NAME_MAX - this.#prefix.length - 1 - this.#suffix.length
    return `${this.#prefix}_${last.length <= room ? last : slugWithHash(last, room)}${this.#suffix}`
  }

  /** A pattern of the shared queues' names, for people: `global_<event>.fifo`. */
  get sharedPattern(): string {
    return this.#singleQueue ? this.shared('') : `${this.#prefix}_<event>${this.#suffix}`
  }

  /**
   * The name of an instance's own queue: `sales_messages_upsert.fifo`. A name that SQS would refuse, or that another queue
   * could have, gets a slug and a hash.
   */
  own(instance: string, key: string): string {
    const tail = `_${key.toLowerCase()}${this.#suffix}`
    const plain = `${instance}${tail}`
    const taken = this.#sharedNames.has(plain) || this.#ambiguous(instance, key)
    const usable = /^[A-Za-z0-9_-]+$/.test(instance) && plain.length <= QUEUE_NAME_MAX
    if (usable && !taken && !LIKE_SLUG.test(instance)) return plain
    return `${slugWithHash(instance, QUEUE_NAME_MAX - tail.length)}${tail}`
  }

  /** The spec of a queue, derived from an event for it. */
  specOf(name: string, { instance, key }: { instance: string; key: string }): QueueSpec {
    if (name === this.own(instance, key)) return { name, instance, event: key }
    return this.#singleQueue ? { name } : { name, event: key }
  }

  #ambiguous(instance: string, key: string): boolean {
    if (instance === this.#prefix) return true
    const name = `_${instance}_${key}`.toLowerCase()
    return this.#lowerKeys.some((other) => other.length > key.length && name.endsWith(`_${other}`))
  }
}

/** The name of the dead-letter queue that SQS fills for a queue: `sales_call-dlq.fifo`. */
export function deadLetterQueueName(queue: string): string {
  const suffix = queue.endsWith('.fifo') ? '.fifo' : ''
  const base = queue.slice(0, queue.length - suffix.length)
  const tail = `-dlq${suffix}`
  const room = QUEUE_NAME_MAX - tail.length
  return `${base.length <= room ? base : slugWithHash(base, room)}${tail}`
}

/**
 * The message group of an instance: its name, percent-encoded.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function messageGroupId(instance: string): string {
  const encoded = encodeURIComponent(instance)
  return encoded.length <= GROUP_ID_MAX ? encoded : slugWithHash(instance, GROUP_ID_MAX)
}

/**
 * The deduplication id of an event: its id. An id that the caller chose is unique only within its instance (and a name
 * that is given again is another instance), while a queue may deduplicate across groups: group and instance key are put in
 * front of it. Text that SQS would refuse is hashed.
 */
export function deduplicationId(event: Pick<StoredEvent, 'id' | 'instance' | 'instanceKey' | 'flags'>): string {
  const { id, instance, instanceKey, flags } = event
  const text = flags & CALLER_ID ? `${messageGroupId(instance)}:${instanceKey}:${id}` : id
  if (/^[\u0021-\u007E]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}

/** The end of names that `slugWithHash` makes: eight hex digits, letters and decimal digits among them. Rare in other names. */
const LIKE_SLUG = /-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8}$/

/** A name that SQS accepts, for any text. Texts of this form get another one too, so that no two have the same name. */
function slugWithHash(text: string, maxLength: number): string {
  const slug = slugOf(text).slice(0, maxLength - 9)
  let salted = text
  let name: string
  do {
    name = `${slug}-${createHash('sha256').update(salted).digest('hex').slice(0, 8)}`
    salted += '\n'
  } while (!LIKE_SLUG.test(name))
  return name
}
