import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import { QueueUnavailableError, QueueUnusableError } from '../errors.ts'
import type { QueueAttributesByKind } from '../schemas/options/queue-attributes.ts'
import type { KnownQueue } from '../store/queue-store.ts'
import type { SqsCalls } from './calls.ts'
import { ExistingQueues } from './existing-queues.ts'
import { CallError, failureCode, failureMessage, isNameTaken } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import type { KeptQueues } from './known-queues.ts'
import { kindOf, NewQueues, type QueueKind } from './new-queues.ts'
import { QueueDifferences } from './queue-differences.ts'
import { deadLetterQueueName, type QueueSpec, type QueueType } from './queue-names.ts'
import { isOurs } from './queue-tags.ts'

export interface ProvisionerOptions {
  calls: SqsCalls
  type: QueueType
  /** The account that owns existing queues, if it is not the caller's. */
  accountId?: string | undefined
  /** Gives each new queue a dead-letter queue of SQS, into which a message goes after so many receives. */
  dlqMaxReceives?: number | undefined
  /** Attributes and tags of new queues. */
  attributes?: QueueAttributesByKind | undefined
  /** Bytes of a message beyond which it is too large, whatever a queue accepts. @default SQS's own limit */
  maxPayloadBytes?: number
  /** Keeps what is learned. Absent: it is learned anew by each process. */
  kept?: KeptQueues
  log: FastifyBaseLogger
}

type Queue = Pick<KnownQueue, 'url' | 'maxBytes'>

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const SQS_MAX_BYTES = 1_048_576

/**
 * Finds or creates queues, remembers their URLs and limits, and keeps them for later runs. Callers that want the same queue
 * share one call.
 */
export class QueueProvisioner {
  readonly differences: QueueDifferences
  readonly #calls: SqsCalls
  readonly #type: QueueType
  readonly #existing: ExistingQueues
  readonly #new: NewQueues
  readonly #log: FastifyBaseLogger
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

  /** @throws {OptionsInvalidError} attributes that exclude each other, or tags that AWS refuses */
  constructor(options: ProvisionerOptions) {
    const { calls, type, accountId, dlqMaxReceives, attributes, maxPayloadBytes, kept, log } = options
    this.#calls = calls
    this.#type = type
    this.#existing = new ExistingQueues({ calls, accountId })
    this.#new = new NewQueues({ type, given: attributes, dlqMaxReceives })
    this.differences = new QueueDifferences({ newQueues: this.#new, log })
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
    this.differences.forget(name)
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
      return (await this.#existing.find(name)) ?? undefined
    } catch (error) {
      throw unavailable(name, error)
    }
  }

  /** True if a queue exists, was created by this package, and is empty. Never rejects. */
  async isUnused(name: string): Promise<boolean> {
    return this.#orFalse(name, async () => (await this.#unusedUrl(name)) !== undefined)
  }

  /** Deletes a queue that this package created, if it is empty. Resolves with whether it was deleted. Never rejects. */
  async deleteUnused(name: string): Promise<boolean> {
    return this.#orFalse(name, async () => {
      const QueueUrl = await this.#unusedUrl(name)
      if (QueueUrl === undefined) return false
      await this.#calls.send(new DeleteQueueCommand({ QueueUrl }))
      this.forget(name)
      // A row that stays is corrected by the next send.
      await this.#kept?.store.forget(name).catch(() => {})
      return true
    })
  }

  async #orFalse(name: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work()
    } catch (error) {
      this.#log.warn({ queue: name, code: failureCode(error) }, 'An unused queue could not be deleted')
      return false
    }
  }

  async #unusedUrl(name: string): Promise<string | undefined> {
    const url = await this.find(name)
    if (url === undefined || !isOurs(await this.#existing.tags(url))) return undefined
    return (await this.#existing.isEmpty(url)) ? url : undefined
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
      this.#log.debug(
        { queue: name, err: error },
        'A known queue could not be stored: it is looked up again after the next start'
      )
    })
  }

  async #keep(name: string, queue: Queue): Promise<void> {
    const service = await this.#kept?.service()
    if (service !== undefined) await this.#kept?.store.keep({ name, service, ...queue })
  }

  /** Uses an existing queue as it is, whatever its attributes; else creates one. */
  async #make(spec: QueueSpec): Promise<Queue> {
    const { name } = spec
    const kind = kindOf(spec)
    try {
      const { url, isNew } = await this.#findOrCreate(spec, kind)
      if (isNew && this.#newMaxBytes !== undefined) return { url, maxBytes: this.#newMaxBytes }
      const names = ['FifoQueue', 'MaximumMessageSize', ...(isNew ? [] : this.differences.compared(kind))]
      const attributes = await this.#existing.attributes(url, [...new Set(names)])
      const fifo = attributes?.FifoQueue ?? 'false'
      if (attributes && fifo !== String(this.#type === 'fifo')) throw new QueueUnusableError(name, 'FifoQueue', fifo)
      const maxBytes = maxBytesOf(attributes)
      if (isNew && attributes) this.#newMaxBytes = maxBytes
      if (!isNew && attributes) this.differences.compare(name, kind, attributes)
      return { url, maxBytes }
    } catch (error) {
      throw error instanceof QueueUnusableError ? error : unavailable(name, error)
    }
  }

  async #findOrCreate(spec: QueueSpec, kind: QueueKind): Promise<{ url: string; isNew: boolean }> {
    const { name } = spec
    const found = await this.#existing.find(name)
    if (found) return { url: found, isNew: false }
    try {
      return { url: await this.#create(spec, kind), isNew: found === undefined }
    } catch (error) {
      // Another process has just created it, with other attributes.
      const url = isNameTaken(error) && (await this.#existing.find(name))
      if (url) return { url, isNew: false }
      throw error
    }
  }

  async #create(spec: QueueSpec, kind: QueueKind): Promise<string> {
    const { name: QueueName } = spec
    const redrive = kind === 'deadLetter' ? {} : await this.#redrivePolicy(spec)
    const command = new CreateQueueCommand({
      QueueName,
      Attributes: { ...this.#new.attributes(kind), ...redrive },
      tags: this.#new.tags(kind, spec)
    })
    const { QueueUrl } = await this.#calls.send(command)
    if (!QueueUrl) throw new CallError(notThere('SQS', 'HTTP 200'), 200)
    this.#log.debug({ queue: QueueName }, 'A queue was created')
    return QueueUrl
  }

  /** Finds or creates the dead-letter queue of a queue, if there is to be one. */
  async #redrivePolicy(spec: QueueSpec): Promise<Record<string, string>> {
    const { dlqMaxReceives: maxReceiveCount } = this.#new
    if (maxReceiveCount === undefined) return {}
    const deadLetter = { ...spec, name: deadLetterQueueName(spec.name) }
    const { url: QueueUrl, isNew } = await this.#findOrCreate(deadLetter, 'deadLetter')
    const compared = isNew ? [] : this.differences.compared('deadLetter')
    // The names may be newer than the SDK's types.
    const AttributeNames = ['QueueArn', ...compared] as never[]
    const { Attributes = {} } = await this.#calls.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
    const { QueueArn } = Attributes
    if (!isNew) this.differences.compare(deadLetter.name, 'deadLetter', Attributes)
    return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount }) }
  }
}

function unavailable(name: string, error: unknown): QueueUnavailableError {
  return new QueueUnavailableError(name, failureCode(error), failureMessage(error), { cause: error })
}

function maxBytesOf(attributes: Record<string, string> | undefined): number {
  return Math.min(SQS_MAX_BYTES, Number(attributes?.MaximumMessageSize ?? SQS_MAX_BYTES))
}
