import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand
} from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import { QueueUnavailableError, QueueUnusableError } from '../errors.ts'
import type { SqsCalls } from './calls.ts'
import { CallError, callFailure, failureCode, failureMessage, isAccessDenied, isQueueMissing } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import { deadLetterQueueName, type QueueSpec, type QueueType } from './queue-names.ts'

const MANAGED_BY = 'fastify-instance-events'

export interface ProvisionerOptions {
  calls: SqsCalls
  type: QueueType
  /** The account that owns existing queues, if it is not the caller's. */
  accountId?: string | undefined
  /** Gives each new queue a dead-letter queue of SQS, into which a message goes after so many receives. */
  dlqMaxReceives?: number | undefined
  /** Bytes of a message beyond which it is too large, whatever a queue accepts. @default SQS's own limit */
  maxPayloadBytes?: number
  log: FastifyBaseLogger
}

interface Queue {
  url: string
  /** Bytes that it accepts as one message. */
  maxBytes: number
}

/** Attributes that are all 0 for an empty queue. */
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed'
] as const

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const SQS_MAX_BYTES = 1_048_576

/** Finds or creates queues and remembers their URLs. Callers that want the same queue share one call. */
export class QueueProvisioner {
  readonly #calls: SqsCalls
  readonly #type: QueueType
  readonly #accountId: string | undefined
  readonly #log: FastifyBaseLogger
  readonly #dlqMaxReceives: number | undefined
  readonly #maxPayloadBytes: number
  readonly #queues = new Map<string, Queue>()
  readonly #underWay = new Map<string, Promise<string>>()
  /** `maxBytes` of a queue that was just created: the default of the service, asked for once. */
  #newMaxBytes: number | undefined

  constructor({ calls, type, accountId, dlqMaxReceives, maxPayloadBytes, log }: ProvisionerOptions) {
    this.#calls = calls
    this.#type = type
    this.#accountId = accountId
    this.#dlqMaxReceives = dlqMaxReceives
    this.#maxPayloadBytes = maxPayloadBytes ?? SQS_MAX_BYTES
    this.#log = log
  }

  /** The URL of a queue that is known to exist. */
  url(name: string): string | undefined {
    return this.#queues.get(name)?.url
  }

  /** Bytes of the largest message that may be sent to a queue. The queue's own limit counts once the queue is known. */
  maxBytes(name: string): number {
    return Math.min(this.#maxPayloadBytes, this.#queues.get(name)?.maxBytes ?? SQS_MAX_BYTES)
  }

  /** Forgets a queue that no longer exists: the next `ensure` creates it again. */
  forget(name: string): void {
    this.#queues.delete(name)
  }

  /**
   * Resolves with the URL of the queue, which is created if it is missing. Idempotent; does not retry.
   * @throws {QueueUnavailableError} with AWS's code @throws {QueueUnusableError} naming the attribute
   */
  ensure(spec: QueueSpec): Promise<string> {
    const known = this.#queues.get(spec.name)
    if (known) return Promise.resolve(known.url)
    const underWay = this.#underWay.get(spec.name)
    if (underWay) return underWay
    const made = this.#make(spec)
      .then((queue) => {
        this.#queues.set(spec.name, queue)
        return queue.url
      })
      .finally(() => this.#underWay.delete(spec.name))
    this.#underWay.set(spec.name, made)
    return made
  }

  /**
   * Resolves with the URL of an existing queue; `undefined` if there is none, or access to it is denied.
   * @throws {QueueUnavailableError}
   */
  async find(name: string): Promise<string | undefined> {
    const known = this.url(name)
    if (known !== undefined) return known
    try {
      return (await this.#lookUp(name)) ?? undefined
    } catch (error) {
      throw unavailable(name, error)
    }
  }

  /** Deletes a queue that this package created, if it is empty. Resolves with whether it was deleted. Never rejects. */
  async deleteUnused(name: string): Promise<boolean> {
    try {
      const QueueUrl = await this.find(name)
      if (QueueUrl === undefined) return false
      const { Tags } = await this.#calls.send(new ListQueueTagsCommand({ QueueUrl }))
      if (Tags?.['managed-by'] !== MANAGED_BY) return false
      const counts = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] })
      const { Attributes } = await this.#calls.send(counts)
      if (COUNTS.some((name) => Attributes?.[name] !== '0')) return false
      await this.#calls.send(new DeleteQueueCommand({ QueueUrl }))
      this.#queues.delete(name)
      return true
    } catch (error) {
      this.#log.warn({ queue: name, code: failureCode(error) }, 'An unused queue could not be deleted')
      return false
    }
  }

  /** Uses an existing queue as it is, whatever its attributes; else creates one. */
  async #make(spec: QueueSpec): Promise<Queue> {
    const { name } = spec
    try {
      const found = await this.#lookUp(name)
      const url = found ?? (await this.#create(spec))
      if (found === undefined && this.#newMaxBytes !== undefined) return { url, maxBytes: this.#newMaxBytes }
      const attributes = await this.#attributesOf(url)
      const fifo = attributes?.FifoQueue ?? 'false'
      if (attributes && fifo !== String(this.#type === 'fifo')) throw new QueueUnusableError(name, 'FifoQueue', fifo)
      const maxBytes = maxBytesOf(attributes)
      if (found === undefined && attributes) this.#newMaxBytes = maxBytes
      return { url, maxBytes }
    } catch (error) {
      throw error instanceof QueueUnusableError ? error : unavailable(name, error)
    }
  }

  async #create(spec: QueueSpec): Promise<string> {
    const Attributes = { ...this.#attributes(), ...(await this.#redrivePolicy(spec)) }
    return this.#createQueue({ name: spec.name, Attributes, tags: tagsOf(spec) })
  }

  async #createQueue(queue: {
    name: string
    Attributes: Record<string, string>
    tags: Record<string, string>
  }): Promise<string> {
    const { name: QueueName, ...rest } = queue
    const command = new CreateQueueCommand({ QueueName, ...rest })
    const { QueueUrl } = await this.#calls.send(command)
    if (!QueueUrl) throw new CallError(notThere('SQS', 'HTTP 200'), 200)
    this.#log.debug({ queue: QueueName }, 'A queue was created')
    return QueueUrl
  }

  /** The attributes that are used; `undefined` if access to them is denied. */
  async #attributesOf(QueueUrl: string): Promise<Record<string, string> | undefined> {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['FifoQueue', 'MaximumMessageSize'] })
    try {
      const { Attributes = {} } = await this.#calls.send(command)
      return Attributes
    } catch (error) {
      if (callFailure(error).kind !== 'transient') return undefined
      throw error
    }
  }

  /** Creates the dead-letter queue of a queue, if there is to be one. */
  async #redrivePolicy(spec: QueueSpec): Promise<Record<string, string>> {
    if (this.#dlqMaxReceives === undefined) return {}
    const name = deadLetterQueueName(spec.name)
    const Attributes = this.#attributes()
    const QueueUrl = (await this.#lookUp(name)) ?? (await this.#createQueue({ name, Attributes, tags: tagsOf(spec) }))
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] })
    const { Attributes: { QueueArn } = {} } = await this.#calls.send(command)
    const policy = { deadLetterTargetArn: QueueArn, maxReceiveCount: this.#dlqMaxReceives }
    return { RedrivePolicy: JSON.stringify(policy) }
  }

  /** The URL of a queue. `undefined`: it does not exist. `null`: access to it is denied. */
  async #lookUp(name: string): Promise<string | undefined | null> {
    const command = new GetQueueUrlCommand({
      QueueName: name,
      ...(this.#accountId !== undefined && { QueueOwnerAWSAccountId: this.#accountId })
    })
    try {
      const { QueueUrl } = await this.#calls.send(command)
      return QueueUrl || null
    } catch (error) {
      if (isQueueMissing(error)) return undefined
      if (isAccessDenied(error)) return null
      throw error
    }
  }

  // High throughput for FIFO queues: order and deduplication by message group.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
  #attributes(): Record<string, string> {
    if (this.#type === 'standard') return {}
    return {
      FifoQueue: 'true',
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId'
    }
  }
}

function unavailable(name: string, error: unknown): QueueUnavailableError {
  return new QueueUnavailableError(name, failureCode(error), failureMessage(error), { cause: error })
}

function maxBytesOf(attributes: Record<string, string> | undefined): number {
  return Math.min(SQS_MAX_BYTES, Number(attributes?.MaximumMessageSize ?? SQS_MAX_BYTES))
}

function tagsOf({ instance, event }: QueueSpec): Record<string, string> {
  return {
    'managed-by': MANAGED_BY,
    ...(instance !== undefined && { instance: tagValue(instance) }),
    ...(event !== undefined && { event: tagValue(event) })
  }
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html */
function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_')
}
