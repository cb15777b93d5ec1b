import { createHash } from 'node:crypto'
import { CALLER_ID, type StoredEvent } from '../events/event.ts'

export interface QueueSpec {
  name: string
  /** Shown as a tag; absent on queues that all instances share. */
  instance?: string
  /** Event key, shown as a tag; absent on a queue for all events. */
  event?: string
}

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
 * Queue names, from one place: what is created is what is sent to.
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

  /** All the shared queues for these keys. */
  sharedSpecs(keys: Iterable<string>): QueueSpec[] {
    if (this.#singleQueue) return [{ name: this.shared('') }]
    return [...keys].map((key) => ({ name: this.shared(key), event: key }))
  }

  /** The queue that all instances share: `global_messages_upsert.fifo`, or `global_singlequeue.fifo`. */
  shared(key: string): string {
    const last = this.#singleQueue ? 'singlequeue' : key.toLowerCase()
    const room = QUEUE_NAME_MAX - this.#prefix.length - 1 - this.#suffix.length
    return `${this.#prefix}_${last.length <= room ? last : slugWithHash(last, room)}${this.#suffix}`
  }

  /** The shared queues' names, for people: `global_<event>.fifo`. */
  get sharedPattern(): string {
    return this.#singleQueue ? this.shared('') : `${this.#prefix}_<event>${this.#suffix}`
  }

  /** The instance's own queue: `sales_messages_upsert.fifo`; a name SQS would refuse gets a slug and a hash. */
  own(instance: string, key: string): string {
    const tail = `_${key.toLowerCase()}${this.#suffix}`
    const plain = `${instance}${tail}`
    const taken = this.#sharedNames.has(plain) || this.#ambiguous(instance, key)
    const usable = /^[A-Za-z0-9_-]+$/.test(instance) && plain.length <= QUEUE_NAME_MAX
    if (usable && !taken && !LIKE_SLUG.test(instance)) return plain
    return `${slugWithHash(instance, QUEUE_NAME_MAX - tail.length)}${tail}`
  }

  /** How a queue of this name came to be, told from an event on its way into it. */
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

/** The dead-letter queue of SQS's own that belongs to a queue: `sales_call-dlq.fifo`. */
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
 * The deduplication id of an event: its id. One that the caller chose is only unique within its instance (the same name
 * given again is another instance), while a queue may deduplicate across groups: then group and instance go in front.
 * What SQS would refuse is hashed.
 */
export function deduplicationId(event: Pick<StoredEvent, 'id' | 'instance' | 'instanceKey' | 'flags'>): string {
  const { id, instance, instanceKey, flags } = event
  const text = flags & CALLER_ID ? `${messageGroupId(instance)}:${instanceKey}:${id}` : id
  if (/^[\u0021-\u007E]{1,128}$/.test(text)) return text
  return createHash('sha256').update(text).digest('hex')
}

/** What `slugWithHash` ends in, and hardly any name does: eight hex digits, letters and decimal digits among them. */
const LIKE_SLUG = /-(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8}$/

/** A name that SQS takes, for any text. A name that looks like one is made into one: no text has another's. */
function slugWithHash(text: string, maxLength: number): string {
  const slug = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .slice(0, maxLength - 9)
  let salted = text
  let name: string
  do {
    name = `${slug}-${createHash('sha256').update(salted).digest('hex').slice(0, 8)}`
    salted += '\n'
  } while (!LIKE_SLUG.test(name))
  return name
}
