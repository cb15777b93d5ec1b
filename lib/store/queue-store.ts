/** A queue as SQS has described it. */
export interface KnownQueue {
  readonly name: string
  /** The SQS that has it: address, region and account in one text. */
  readonly service: string
  readonly url: string
  /** Bytes that it accepts as one message. */
  readonly maxBytes: number
}

/** What SQS has told about queues, so that it need not be asked again after a start. A queue that is not here is asked for. */
export interface QueueStore {
  /** The queue of this name, if it was kept for this service. */
  find(name: string, service: string): Promise<KnownQueue | undefined>

  /** The queues that were kept for this service, by name, after this one. */
  list(service: string, page: { after: string; limit: number }): Promise<KnownQueue[]>

  /** Keeps a queue, in place of an earlier one of its name. Idempotent. May be written a little later, at the latest by `close`. */
  keep(queue: KnownQueue): Promise<void>

  /** Forgets a queue. Idempotent. */
  forget(name: string): Promise<void>
}
