import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  type SQSClient
} from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import { QueueUnavailableError, QueueUnusableError } from '../errors.ts'
import { failureCode, failureMessage, isAccessDenied, isQueueExisting, isQueueMissing } from './failures.ts'
import { deadLetterQueueName, type QueueSpec, type QueueType } from './queue-names.ts'

const MANAGED_BY = 'fastify-instance-events'
/** Calls on their way at once, when many queues are wanted. */
const PROVISION_CONCURRENCY = 8

export interface ProvisionerOptions {
  client: SQSClient
  type: QueueType
  /** Owner of queues that exist already, if it is not the caller's account. */
  accountId?: string | undefined
  /** Gives each queue a dead-letter queue of SQS's own, into which a message goes after so many receives. */
  dlqMaxReceives?: number | undefined
  log: FastifyBaseLogger
}

interface Queue {
  url: string
  /** What SQS takes as one message, in bytes. */
  maxBytes: number
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const SQS_MAX_BYTES = 1_048_576

/** Makes queues and remembers their URLs; every queue is asked for once, however many want it. */
export class QueueProvisioner {
  readonly #client: SQSClient
  readonly #type: QueueType
  readonly #accountId: string | undefined
  readonly #log: FastifyBaseLogger
  readonly #dlqMaxReceives: number | undefined
  readonly #queues = new Map<string, Queue>()
  readonly #underWay = new Map<string, Promise<string>>()

  constructor({ client, type, accountId, dlqMaxReceives, log }: ProvisionerOptions) {
    this.#client = client
    this.#type = type
    this.#accountId = accountId
    this.#dlqMaxReceives = dlqMaxReceives
    this.#log = log
  }

  url(name: string): string | undefined {
    return this.#queues.get(name)?.url
  }

  /** What a queue takes as one message, in bytes; SQS's own limit while nothing else is known. */
  maxBytes(name: string): number {
    return this.#queues.get(name)?.maxBytes ?? SQS_MAX_BYTES
  }

  /** The queue is not there any more: the next `ensure` makes it again. */
  forget(name: string): void {
    this.#queues.delete(name)
  }

  /**
   * The URL of the queue, made if it is missing. Idempotent.
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

  /** Makes many queues, a few at a time; stops at the first that fails. URLs in the order of specs. */
  ensureAll(specs: readonly QueueSpec[]): Promise<string[]> {
    return fewAtATime(specs, (spec) => this.ensure(spec))
  }

  /** The URLs of queues that are there, in the order of names; `undefined` for one that is not. Makes none. */
  findAll(names: readonly string[]): Promise<(string | undefined)[]> {
    return fewAtATime(names, async (name) => this.url(name) ?? this.#find(name))
  }

  /** Deletes a queue if we made it and it is empty. @returns whether it did */
  async deleteUnused(name: string): Promise<boolean> {
    try {
      const QueueUrl = this.#queues.get(name)?.url ?? (await this.#find(name))
      if (QueueUrl === undefined) return false
      const { Tags } = await this.#client.send(new ListQueueTagsCommand({ QueueUrl }))
      if (Tags?.['managed-by'] !== MANAGED_BY) return false
      const { Attributes = {} } = await this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed'
          ]
        })
      )
      if (Object.values(Attributes).some((count) => count !== '0')) return false
      await this.#client.send(new DeleteQueueCommand({ QueueUrl }))
      this.#queues.delete(name)
      return true
    } catch (error) {
      this.#log.warn({ queue: name, code: failureCode(error) }, 'An unused queue could not be deleted')
      return false
    }
  }

  async #make(spec: QueueSpec): Promise<Queue> {
    const { name } = spec
    try {
      const Attributes = { ...this.#attributes(), ...(await this.#redrivePolicy(spec)) }
      const { QueueUrl } = await this.#client.send(
        new CreateQueueCommand({ QueueName: name, Attributes, tags: tagsOf(spec) })
      )
      this.#log.debug({ queue: name }, 'A queue is ready')
      // SQS answers with the URL, or throws.
      const url = QueueUrl as string
      return { url, maxBytes: maxBytesOf(await this.#attributesOf(url)) }
    } catch (error) {
      if (isQueueExisting(error) || isAccessDenied(error)) {
        const queue = await this.#adopt(name, error)
        if (queue) return queue
      }
      throw new QueueUnavailableError(name, failureCode(error), failureMessage(error), { cause: error })
    }
  }

  /** A queue that is there but not quite as we would make it, or not ours to make: used as it is, if it can be. */
  async #adopt(name: string, refusal: unknown): Promise<Queue | undefined> {
    const url = await this.#find(name)
    if (url === undefined) return undefined
    const attributes = await this.#attributesOf(url)
    const fifo = attributes?.FifoQueue ?? 'false'
    if (attributes && fifo !== String(this.#type === 'fifo')) throw new QueueUnusableError(name, 'FifoQueue', fifo)
    this.#log.info({ queue: name, reason: failureMessage(refusal) }, 'A queue that exists is used as it is')
    return { url, maxBytes: maxBytesOf(attributes) }
  }

  /** `undefined` where we may not ask. */
  async #attributesOf(QueueUrl: string): Promise<Record<string, string> | undefined> {
    return this.#client
      .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['FifoQueue', 'MaximumMessageSize'] }))
      .then(({ Attributes = {} }) => Attributes)
      .catch(() => undefined)
  }

  /** Makes the queue's own dead-letter queue, if there is to be one. */
  async #redrivePolicy(spec: QueueSpec): Promise<Record<string, string>> {
    if (this.#dlqMaxReceives === undefined) return {}
    const { QueueUrl } = await this.#client.send(
      new CreateQueueCommand({
        QueueName: deadLetterQueueName(spec.name),
        Attributes: this.#attributes(),
        tags: tagsOf(spec)
      })
    )
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] })
    )
    const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: this.#dlqMaxReceives }
    return { RedrivePolicy: JSON.stringify(policy) }
  }

  async #find(name: string): Promise<string | undefined> {
    try {
      const { QueueUrl } = await this.#client.send(
        new GetQueueUrlCommand({
          QueueName: name,
          ...(this.#accountId !== undefined && { QueueOwnerAWSAccountId: this.#accountId })
        })
      )
      return QueueUrl
    } catch (error) {
      if (isQueueMissing(error) || isAccessDenied(error)) return undefined
      throw new QueueUnavailableError(name, failureCode(error), failureMessage(error), { cause: error })
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

async function fewAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const next = items.entries()
  const worker = async () => {
    for (const [index, item] of next) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(PROVISION_CONCURRENCY, items.length) }, worker))
  return results
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
