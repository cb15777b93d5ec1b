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
import type { QueueSpec, QueueType } from './queue-names.ts'

const MANAGED_BY = 'fastify-instance-events'
/** CreateQueue calls on their way at once, when many queues are wanted. */
const PROVISION_CONCURRENCY = 8

export interface ProvisionerOptions {
  client: SQSClient
  type: QueueType
  /** Owner of queues that exist already, if it is not the caller's account. */
  accountId?: string | undefined
  log: FastifyBaseLogger
}

/** Makes queues and remembers their URLs; every queue is asked for once, however many want it. */
export class QueueProvisioner {
  readonly #client: SQSClient
  readonly #type: QueueType
  readonly #accountId: string | undefined
  readonly #log: FastifyBaseLogger
  readonly #urls = new Map<string, string>()
  readonly #underWay = new Map<string, Promise<string>>()

  constructor({ client, type, accountId, log }: ProvisionerOptions) {
    this.#client = client
    this.#type = type
    this.#accountId = accountId
    this.#log = log
  }

  url(name: string): string | undefined {
    return this.#urls.get(name)
  }

  /** The queue is not there any more: the next `ensure` makes it again. */
  forget(name: string): void {
    this.#urls.delete(name)
  }

  /**
   * The URL of the queue, made if it is missing. Idempotent.
   * @throws {QueueUnavailableError} with AWS's code @throws {QueueUnusableError} naming the attribute
   */
  ensure(spec: QueueSpec): Promise<string> {
    const known = this.#urls.get(spec.name)
    if (known !== undefined) return Promise.resolve(known)
    const underWay = this.#underWay.get(spec.name)
    if (underWay) return underWay
    const made = this.#make(spec)
      .then((url) => {
        this.#urls.set(spec.name, url)
        return url
      })
      .finally(() => this.#underWay.delete(spec.name))
    this.#underWay.set(spec.name, made)
    return made
  }

  /** Makes many queues, a few at a time; stops at the first that fails. URLs in the order of specs. */
  async ensureAll(specs: readonly QueueSpec[]): Promise<string[]> {
    const urls: string[] = []
    const next = specs.entries()
    const worker = async () => {
      for (const [index, spec] of next) urls[index] = await this.ensure(spec)
    }
    await Promise.all(Array.from({ length: Math.min(PROVISION_CONCURRENCY, specs.length) }, worker))
    return urls
  }

  /** Deletes a queue if we made it and it is empty. @returns whether it did */
  async deleteUnused(name: string): Promise<boolean> {
    try {
      const QueueUrl = this.#urls.get(name) ?? (await this.#find(name))
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
      this.#urls.delete(name)
      return true
    } catch (error) {
      this.#log.warn({ queue: name, code: failureCode(error) }, 'An unused queue could not be deleted')
      return false
    }
  }

  async #make(spec: QueueSpec): Promise<string> {
    const { name } = spec
    try {
      const { QueueUrl } = await this.#client.send(
        new CreateQueueCommand({ QueueName: name, Attributes: this.#attributes(), tags: tagsOf(spec) })
      )
      this.#log.debug({ queue: name }, 'A queue is ready')
      return QueueUrl as string
    } catch (error) {
      if (isQueueExisting(error) || isAccessDenied(error)) {
        const url = await this.#adopt(name, error)
        if (url !== undefined) return url
      }
      throw new QueueUnavailableError(name, failureCode(error), failureMessage(error), { cause: error })
    }
  }

  /** A queue that is there but not quite as we would make it, or not ours to make: used as it is, if it can be. */
  async #adopt(name: string, refusal: unknown): Promise<string | undefined> {
    const QueueUrl = await this.#find(name)
    if (QueueUrl === undefined) return undefined
    const attributes = await this.#client
      .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['FifoQueue'] }))
      .then(({ Attributes }) => Attributes ?? {})
      .catch(() => undefined)
    const fifo = attributes?.FifoQueue ?? 'false'
    if (attributes && fifo !== String(this.#type === 'fifo')) throw new QueueUnusableError(name, 'FifoQueue', fifo)
    this.#log.info({ queue: name, reason: failureMessage(refusal) }, 'A queue that exists is used as it is')
    return QueueUrl
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
