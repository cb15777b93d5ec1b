import { OptionsInvalidError } from '../errors.ts'
import type { QueueAttributes, QueueAttributesByKind } from '../schemas/options/queue-attributes.ts'
import type { QueueSpec, QueueType } from './queue-names.ts'
import { queueTags, tagFaults } from './queue-tags.ts'

export type QueueKind = 'shared' | 'own' | 'deadLetter'

/** An attribute of an existing queue that new queues have with another value. */
export interface OtherAttribute {
  /** The name in the API of SQS. */
  name: string
  /** The value of the queue; `null` if it has none. */
  value: string | null
  /** The value of new queues. */
  expected: string
}

/** Existing queues whose attributes differ from those of new queues. */
export interface DifferingQueues {
  count: number
  /** The first of them. */
  queues: { name: string; otherAttributes: OtherAttribute[] }[]
}

export interface NewQueuesOptions {
  type: QueueType
  given?: QueueAttributesByKind | undefined
  /** Receives after which a message goes into a dead-letter queue. */
  dlqMaxReceives?: number | undefined
}

const MAX_RECEIVES = 'RedrivePolicy.maxReceiveCount'

/** Attributes and tags with which queues are created, and with which existing ones are compared. */
export class NewQueues {
  readonly dlqMaxReceives: number | undefined
  readonly #type: QueueType
  readonly #given: Readonly<Record<QueueKind, QueueAttributes>>

  /** @throws {OptionsInvalidError} */
  constructor({ type, given = {}, dlqMaxReceives }: NewQueuesOptions) {
    for (const kind of ['all', 'shared', 'own', 'deadLetter'] as const) check(kind, given[kind])
    this.dlqMaxReceives = dlqMaxReceives
    this.#type = type
    const { all = {} } = given
    this.#given = {
      shared: merged(all, given.shared),
      own: merged(all, given.own),
      deadLetter: merged(all, given.deadLetter)
    }
    for (const [kind, { tags = {} }] of Object.entries(this.#given)) check(kind, { tags })
  }

  /** The attributes of a new queue, as SQS names them. */
  attributes(kind: QueueKind): Record<string, string> {
    const { messageRetentionSeconds, visibilityTimeoutSeconds, delaySeconds, kmsKeyId, sqsManagedSse } =
      this.#given[kind]
    return {
      ...(this.#type === 'fifo' && FIFO_ATTRIBUTES),
      ...given('MessageRetentionPeriod', messageRetentionSeconds),
      ...given('VisibilityTimeout', visibilityTimeoutSeconds),
      ...given('DelaySeconds', delaySeconds),
      ...given('KmsMasterKeyId', kmsKeyId),
      ...given('SqsManagedSseEnabled', sqsManagedSse)
    }
  }

  tags(kind: QueueKind, spec: QueueSpec): Record<string, string> {
    return { ...this.#given[kind].tags, ...queueTags(spec) }
  }

  /** The names of the attributes that `compare` needs. */
  compared(kind: QueueKind): string[] {
    const names = Object.keys(this.attributes(kind))
    return this.#maxReceives(kind) === undefined ? names : [...names, 'RedrivePolicy']
  }

  /** The attributes of an existing queue that a new one would have with another value, as far as the service tells them. */
  compare(kind: QueueKind, actual: Readonly<Record<string, string>>): OtherAttribute[] {
    const others = Object.entries(this.attributes(kind))
      .map(([name, expected]) => ({ name, value: actual[name] ?? null, expected }))
      .filter(differs)
    const value = /"maxReceiveCount"\s*:\s*"?(\d+)/.exec(actual.RedrivePolicy ?? '')?.[1] ?? null
    const expected = String(this.#maxReceives(kind) ?? value)
    return expected === String(value) ? others : [...others, { name: MAX_RECEIVES, value, expected }]
  }

  /** A dead-letter queue has none of its own. */
  #maxReceives(kind: QueueKind): number | undefined {
    return kind === 'deadLetter' ? undefined : this.dlqMaxReceives
  }
}

// High throughput for FIFO queues: order and deduplication by message group.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
const FIFO_ATTRIBUTES = {
  FifoQueue: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId'
}

/** The kind of a queue that messages are sent to. */
export function kindOf({ instance }: QueueSpec): QueueKind {
  return instance === undefined ? 'shared' : 'own'
}

/** Describes other attributes in a line of text. */
export function describeOthers(others: OtherAttribute[]): string {
  return others.map(({ name, value, expected }) => `${name} is ${value ?? 'not set'}, not ${expected}`).join('; ')
}

/** Attributes of one kind beside those of all. Encryption is one attribute, whatever it is by. */
function merged(all: QueueAttributes, own: QueueAttributes = {}): QueueAttributes {
  const { kmsKeyId, sqsManagedSse, ...rest } = all
  const encrypted = own.kmsKeyId !== undefined || own.sqsManagedSse !== undefined
  const encryption = {
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(sqsManagedSse !== undefined && { sqsManagedSse })
  }
  return { ...rest, ...(!encrypted && encryption), ...own, tags: { ...all.tags, ...own.tags } }
}

function check(kind: string, { kmsKeyId, sqsManagedSse, tags = {} }: QueueAttributes = {}): void {
  const option = `sqs plugin: queueAttributes.${kind}`
  if (kmsKeyId !== undefined && sqsManagedSse !== undefined)
    throw new OptionsInvalidError(`${option}: kmsKeyId and sqsManagedSse cannot be used together: leave one out`)
  const [fault] = tagFaults(tags)
  if (fault !== undefined) throw new OptionsInvalidError(`${option}.tags: ${fault}`)
}

function given(name: string, value: string | number | boolean | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: String(value) }
}

/** True if a queue has another value. Services leave out what they do not know; AWS leaves out only a key that is not set. */
function differs({ name, value, expected }: OtherAttribute): boolean {
  if (name !== 'KmsMasterKeyId') return value !== null && value !== expected
  // A key or an alias may be given by its ARN.
  return value?.split('/').at(-1) !== expected.split('/').at(-1)
}
