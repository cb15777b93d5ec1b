import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand
} from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import { QueueUnavailableError, QueueUnusableError } from '../errors.ts'
import type { KnownQueue, QueueStore } from '../store/queue-store.ts'
import type { SqsCalls } from './calls.ts'
import { CallError, callFailure, failureCode, failureMessage, isAccessDenied, isQueueMissing } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import { deadLetterQueueName, type QueueSpec, type QueueType } from './queue-names.ts'
import { isOurs, queueTags } from './queue-tags.ts'

export interface ProvisionerOptions {
  calls: SqsCalls
  type: QueueType
  /** The account that owns existing queues, if it is not the caller's. */
  accountId?: string | undefined
  /** Gives each new queue a dead-letter queue of SQS, into which a message goes after so many receives. */
  dlqMaxReceives?: number | undefined
  /** Bytes of a message beyond which it is too large, whatever a queue accepts. @default SQS's own limit */
  maxPayloadBytes?: number
  /** Keeps what is learned. Absent: it is learned anew by each process. */
  kept?: KeptQueues
  log: FastifyBaseLogger
}

/** What is known of queues of one service after a restart. */
export interface KeptQueues {
  store: QueueStore
  /** Resolves with the name of the service; `undefined` if it is not known. */
  service: () => Promise<string | undefined>
}

type Queue = Pick<KnownQueue, 'url' | 'maxBytes'>

/** Attributes that are all 0 for an empty queue. */
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed'
] as const

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const SQS_MAX_BYTES = 1_048_576

/**
 * Finds or creates queues, remembers their URLs and limits, and keeps them for later runs. Callers that want the same queue
 * share one call.
 */
export class QueueProvisioner {
  readonly #calls: SqsCalls
  readonly #type: QueueType
  readonly #accountId: string | undefined
  readonly #log: FastifyBaseLogger
  readonly #dlqMaxReceives: number | undefined
  readonly #maxPayloadBytes: number
  readonly #kept: KeptQueues | undefined
  /** Queues that SQS has described to this process. */
  readonly #queues = new Map<string, Queue>()
  /** Queues that SQS has described to an earlier one. */
  readonly #recalled = new Map<string, Queue>()
  /** Queues that are not as they were kept. */
  readonly #doubted = new Set<string>()
  readonly #underWay = new Map<string, Promise<string>>()
  /** `maxBytes` of a queue that was just created: the default of the service, asked for once. */
  #newMaxBytes: number | undefined

  constructor({ calls, type, accountId, dlqMaxReceives, maxPayloadBytes, kept, log }: ProvisionerOptions) {
    this.#calls = calls
    this.#type = type
    this.#accountId = accountId
    this.#dlqMaxReceives = dlqMaxReceives
    this.#maxPayloadBytes = maxPayloadBytes ?? SQS_MAX_BYTES
    this.#kept = kept
    this.#log = log
  }

  /** The URL of a queue that is known to exist. */
  url(name: string): string | undefined {
    return this.#queues.get(name)?.url
  }

  /**
   * Bytes of the largest message that may be sent to a queue. The queue's own limit counts once SQS has told it to this
   * process: one that was kept may have changed.
   */
  maxBytes(name: string): number {
    return Math.min(this.#maxPayloadBytes, this.#queues.get(name)?.maxBytes ?? SQS_MAX_BYTES)
  }

  /** Forgets a queue that is not as it was: SQS is asked for it again, and it is created if it is missing. */
  forget(name: string): void {
    this.#queues.delete(name)
    this.#recalled.delete(name)
    this.#doubted.add(name)
  }

  /** Forgets a queue that only an earlier run has seen: it may have changed since, or belong to another account. */
  doubt(name: string): void {
    if (this.#recalled.has(name)) this.forget(name)
  }

  /**
   * Resolves with the URL by which a message of so many bytes is sent. What an earlier run has learned is used; else, and if
   * the message is larger than the queue accepted then, as `ensure`. @throws as `ensure`
   */
  async locate(spec: QueueSpec, bytes: number): Promise<string> {
    const { name } = spec
    const known = this.#queues.get(name)
    if (known) return known.url
    const recalled = this.#recalled.get(name) ?? (await this.#recall(name))
    return recalled && bytes <= recalled.maxBytes ? recalled.url : this.ensure(spec)
  }

  /**
   * Resolves with the URL of the queue, which is created if it is missing. Idempotent; does not retry. SQS is asked for a
   * queue that only an earlier run has seen.
   * @throws {QueueUnavailableError} with AWS's code @throws {QueueUnusableError} naming the attribute
   */
  ensure(spec: QueueSpec): Promise<string> {
    const known = this.#queues.get(spec.name)
    if (known) return Promise.resolve(known.url)
    const underWay = this.#underWay.get(spec.name)
    if (underWay) return underWay
    const made = this.#make(spec)
      .then((queue) => {
        this.#learned(spec.name, queue)
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
      if (!isOurs(Tags)) return false
      const counts = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] })
      const { Attributes } = await this.#calls.send(counts)
      if (COUNTS.some((name) => Attributes?.[name] !== '0')) return false
      await this.#calls.send(new DeleteQueueCommand({ QueueUrl }))
      this.forget(name)
      // A row that stays is corrected by the next send.
      await this.#kept?.store.forget(name).catch(() => {})
      return true
    } catch (error) {
      this.#log.warn({ queue: name, code: failureCode(error) }, 'An unused queue could not be deleted')
      return false
    }
  }

  /** What an earlier run has learned of a queue. */
  async #recall(name: string): Promise<Queue | undefined> {
    if (!this.#kept || this.#doubted.has(name)) return undefined
    try {
      const { store, service } = this.#kept
      const of = await service()
      const queue = of === undefined ? undefined : await store.find(name, of)
      // SQS may have been asked meanwhile.
      if (queue && !this.#doubted.has(name)) this.#recalled.set(name, queue)
      return this.#recalled.get(name)
    } catch (error) {
      // It is asked for instead.
      this.#log.debug({ queue: name, err: error }, 'A known queue could not be read')
      return undefined
    }
  }

  #learned(name: string, queue: Queue): void {
    this.#queues.set(name, queue)
    this.#recalled.delete(name)
    this.#doubted.delete(name)
    this.#keep(name, queue).catch((error: unknown) => {
      this.#log.debug({ queue: name, err: error }, 'A queue could not be kept: it is asked for after the next start')
    })
  }

  async #keep(name: string, queue: Queue): Promise<void> {
    const service = await this.#kept?.service()
    if (service !== undefined) await this.#kept?.store.keep({ name, service, ...queue })
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
    return this.#createQueue({ name: spec.name, Attributes, tags: queueTags(spec) })
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
    const QueueUrl =
      (await this.#lookUp(name)) ?? (await this.#createQueue({ name, Attributes, tags: queueTags(spec) }))
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
