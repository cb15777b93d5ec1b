import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { sqsMessage } from '../messages.ts'
import type { StoredEvent } from '../store/types.ts'
import type { Lane } from './lane.ts'
import { deduplicationId, messageGroupId, type QueueType } from './queue-names.ts'

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
export const MAX_BATCH_ENTRIES = 10
export const MAX_BATCH_BYTES = 1_048_576

/** An event as an entry of a batch, and the lane it came from. */
export interface BatchItem {
  readonly lane: Lane
  readonly event: StoredEvent
  readonly entry: SendMessageBatchRequestEntry
  /** What SQS counts: the body and the attributes' names, types and values, in bytes. */
  readonly bytes: number
}

export interface EntryOptions {
  type: QueueType
  serverName: string
}

/** The batch entry of an event; its `Id` is its place in the batch. */
export function toItem(event: StoredEvent, lane: Lane, { type, serverName }: EntryOptions): BatchItem {
  const body = sqsMessage(event, serverName)
  const attributes = { event: event.event, instance: event.instance, id: event.id }
  let bytes = Buffer.byteLength(body)
  for (const [name, value] of Object.entries(attributes))
    bytes += name.length + 'String'.length + Buffer.byteLength(value)
  return {
    lane,
    event,
    bytes,
    entry: {
      Id: '',
      MessageBody: body,
      MessageAttributes: {
        event: { DataType: 'String', StringValue: attributes.event },
        instance: { DataType: 'String', StringValue: attributes.instance },
        id: { DataType: 'String', StringValue: attributes.id }
      },
      ...(type === 'fifo' && {
        MessageGroupId: messageGroupId(event.instance),
        MessageDeduplicationId: deduplicationId(event)
      })
    }
  }
}

/** A batch being filled, within SQS's limits. */
export class Batch {
  readonly items: BatchItem[] = []
  readonly #maxEntries: number
  #bytes = 0

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get full(): boolean {
    return this.items.length >= this.#maxEntries
  }

  fits({ bytes }: BatchItem): boolean {
    return !this.full && this.#bytes + bytes <= MAX_BATCH_BYTES
  }

  add(item: BatchItem): void {
    item.entry.Id = String(this.items.length)
    this.items.push(item)
    this.#bytes += item.bytes
  }
}
