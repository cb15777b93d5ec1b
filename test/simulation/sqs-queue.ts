/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html */
export const DEDUPLICATION_MS = 300_000

/** An event as a consumer reads it. */
export interface Message {
  readonly offset: number
  readonly id: string
  readonly instance: string
  readonly event: string
  readonly data: unknown
}

export interface Entry {
  readonly Id: string
  readonly MessageBody: string
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

/** A queue of SQS: what it took, in order. FIFO queues drop what they took within five minutes. */
export class SqsQueue {
  readonly name: string
  readonly messages: { readonly at: number; readonly message: Message }[] = []
  readonly #seen = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  get isFifo(): boolean {
    return this.name.endsWith('.fifo')
  }

  /** @returns whether it is new */
  take({ MessageBody, MessageGroupId, MessageDeduplicationId }: Entry, at: number): boolean {
    const message = JSON.parse(MessageBody) as Message
    if (this.isFifo) {
      if (MessageGroupId === undefined || MessageDeduplicationId === undefined) throw new Error('An entry without ids')
      const key = JSON.stringify([MessageGroupId, MessageDeduplicationId])
      const seen = this.#seen.get(key)
      if (seen !== undefined && at < seen + DEDUPLICATION_MS) return false
      this.#seen.set(key, at)
    }
    this.messages.push({ at, message })
    return true
  }
}
