import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import type { SqsCalls } from './calls.ts'
import { callFailure, isAccessDenied, isQueueMissing } from './failures.ts'

export interface ExistingQueuesOptions {
  calls: SqsCalls
  /** The account that owns the queues, if it is not the caller's. */
  accountId?: string | undefined
}

/** Attributes that are all 0 for an empty queue. */
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed'
] as const

/** Reads what SQS has. Changes nothing. */
export class ExistingQueues {
  readonly #options: ExistingQueuesOptions

  constructor(options: ExistingQueuesOptions) {
    this.#options = options
  }

  /** The URL of a queue. `undefined`: it does not exist. `null`: access to it is denied. */
  async find(name: string): Promise<string | undefined | null> {
    const { calls, accountId } = this.#options
    const command = new GetQueueUrlCommand({
      QueueName: name,
      ...(accountId !== undefined && { QueueOwnerAWSAccountId: accountId })
    })
    try {
      const { QueueUrl } = await calls.send(command)
      return QueueUrl || null
    } catch (error) {
      if (isQueueMissing(error)) return undefined
      if (isAccessDenied(error)) return null
      throw error
    }
  }

  /** Attributes of a queue; `undefined` if access to them is denied. */
  async attributes(QueueUrl: string, names: readonly string[]): Promise<Record<string, string> | undefined> {
    // The names may be newer than the SDK's types.
    const AttributeNames = names as never[]
    try {
      const { Attributes = {} } = await this.#options.calls.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames })
      )
      return Attributes
    } catch (error) {
      if (callFailure(error).kind !== 'transient') return undefined
      throw error
    }
  }

  /** @throws AWS's error */
  async tags(QueueUrl: string): Promise<Record<string, string> | undefined> {
    return (await this.#options.calls.send(new ListQueueTagsCommand({ QueueUrl }))).Tags
  }

  /** True if nothing is in a queue: waiting, in flight or delayed. @throws AWS's error */
  async isEmpty(QueueUrl: string): Promise<boolean> {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] })
    const { Attributes } = await this.#options.calls.send(command)
    return COUNTS.every((name) => Attributes?.[name] === '0')
  }
}
