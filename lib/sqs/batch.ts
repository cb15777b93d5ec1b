import type { MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { sqsMessage } from '../events/messages.ts'
import { escapeForAws, escapeForSqs } from '../json/escape-for-sqs.ts'
import type { Lane } from './lane.ts'
import type { ContentOf, LaneEvent } from './lane-event.ts'
import { deduplicationId, messageGroupId, type QueueType } from './queue-names.ts'

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
export const MAX_BATCH_ENTRIES = 10
export const MAX_BATCH_BYTES = 1_048_576

/** An event as an entry of a batch, and the lane it came from. */
export interface BatchItem {
  readonly lane: Lane
  readonly event: LaneEvent
  /** What its queue receives of it. */
  readonly content: LaneEvent
  readonly entry: SendMessageBatchRequestEntry
  /** Bytes as SQS counts them: the body, and name, type and value of each attribute. */
  readonly bytes: number
}

export interface EntryOptions {
  type: QueueType
  /** True if entries of standard queues have a message group, too. */
  fairQueues: boolean
  /** `server` of the messages. */
  serverName: string
  contentOf: ContentOf
}

export interface ItemOptions extends EntryOptions {
  /** Bytes of the largest message that its queue accepts. */
  maxBytes: number
}

/** Makes the batch entry of an event. Its `Id` is set by `Batch.add`. */
export function toItem(event: LaneEvent, lane: Lane, options: ItemOptions): BatchItem {
  const { type, fairQueues, serverName, contentOf, maxBytes } = options
  const content = event.s3 ? event : contentOf(event, lane.queue)
  const message = sqsMessage(content, serverName, event.s3)
  // A message that is too large anyway goes to S3, so its characters need no escapes.
  const tooLarge = event.absentBytes !== undefined || message.length > maxBytes
  let body = tooLarge ? message : escapeForSqs(message)
  const attributes = attributesOf(event)
  const others = attributeBytes(attributes) + (event.absentBytes ?? 0)
  let bytes = Buffer.byteLength(body) + others
  if (bytes > maxBytes && body !== message) {
    body = escapeForAws(message)
    bytes = Buffer.byteLength(body) + others
  }
  return {
    lane,
    event,
    content,
    bytes,
    entry: {
      Id: '',
      MessageBody: body,
      MessageAttributes: attributes,
      ...((type === 'fifo' || fairQueues) && { MessageGroupId: messageGroupId(event.instance) }),
      ...(type === 'fifo' && { MessageDeduplicationId: deduplicationId(event) })
    }
  }
}

/** The fewest bytes that the message of an event may have, as SQS counts them. */
export function messageBytes(event: LaneEvent, serverName: string): number {
  return Buffer.byteLength(escapeForAws(sqsMessage(event, serverName))) + attributeBytes(attributesOf(event))
}

function attributesOf(event: LaneEvent): Record<string, MessageAttributeValue> {
  const attributes: Record<string, MessageAttributeValue> = {
    event: text(event.event),
    instance: text(event.instance),
    id: text(event.id)
  }
  if (event.traceparent !== undefined) attributes.traceparent = text(event.traceparent)
  return attributes
}

function attributeBytes(attributes: Readonly<Record<string, MessageAttributeValue>>): number {
  let bytes = 0
  for (const [name, { StringValue }] of Object.entries(attributes))
    bytes += name.length + 'String'.length + Buffer.byteLength(StringValue as string)
  return bytes
}

function text(StringValue: string): MessageAttributeValue {
  return { DataType: 'String', StringValue }
}

/** A batch being filled, within SQS's limits. */
export class Batch {
  readonly items: BatchItem[] = []
  #maxEntries: number
  #bytes = 0

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get full(): boolean {
    return this.items.length >= this.#maxEntries
  }

  /** Lowers the number of entries that it may have. */
  atMost(entries: number): void {
    this.#maxEntries = Math.min(this.#maxEntries, entries)
  }

  fits({ bytes }: BatchItem): boolean {
    return !this.full && this.#bytes + bytes <= MAX_BATCH_BYTES
  }

  /** Adds an item; the `Id` of its entry is its position. */
  add(item: BatchItem): void {
    item.entry.Id = String(this.items.length)
    this.items.push(item)
    this.#bytes += item.bytes
  }
}
