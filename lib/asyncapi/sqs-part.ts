import type { SqsAddress } from '../sqs/address.ts'
import type { SqsMode } from '../sqs/emitter.ts'
import { QueueNames } from '../sqs/queue-names.ts'
import { UNLISTED_KEY } from '../events/catalogue.ts'
import { exampleEnvelope, S3Reference, SqsEnvelope } from './envelope.ts'
import { type DescribedEvent, UNLISTED_EVENT } from './described-events.ts'
import { reference, type Channel, type Message, type Part } from './types.ts'

export interface SqsPartOptions {
  mode: SqsMode
  address: SqsAddress
  events: readonly DescribedEvent[]
}

/** Describes the shared queues, and the queues that an instance gets for its selected events. */
export function sqsPart({ mode, address, events }: SqsPartOptions): Part {
  const { queueType: type, global } = mode
  const fifo = type === 'fifo'
  const part: Part = {
    servers: {
      sqs: {
        ...address,
        protocol: 'sqs',
        description: 'Amazon SQS. Receive messages with the AWS SDK, and delete each one after processing.',
        security: [reference('components', 'securitySchemes', 'aws')]
      }
    },
    channels: {},
    operations: {},
    messages: {
      ...Object.fromEntries(events.map((event) => [`sqs.${event.name}`, message(event)])),
      'sqs.unlisted': {
        name: 'unlisted',
        ...UNLISTED_EVENT,
        payload: reference('components', 'schemas', 'sqsMessage'),
        examples: [
          {
            name: 'json',
            payload: { ...exampleEnvelope('messages.starred', {}), dataType: 'json', server: 'instance-events' }
          }
        ]
      }
    },
    schemas: { sqsMessage: SqsEnvelope, s3Reference: S3Reference },
    securitySchemes: {
      aws: {
        type: 'http',
        scheme: 'AWS4-HMAC-SHA256',
        description: 'AWS Signature Version 4. Needs sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueUrl.'
      }
    }
  }

  const add = (
    id: string,
    carried: readonly Pick<DescribedEvent, 'name'>[],
    channel: Pick<Channel, 'address' | 'title' | 'parameters'>
  ) => {
    part.channels[id] = {
      ...channel,
      description: `${describeType(mode)} ${channel.parameters ? describeOwn(mode) : SHARED}`,
      servers: [reference('servers', 'sqs')],
      messages: Object.fromEntries(
        carried.map(({ name }) => [name, reference('components', 'messages', `sqs.${name}`)])
      ),
      bindings: { sqs: { queue: queue(channel.address, fifo), bindingVersion: '0.2.0' } }
    }
    part.operations[`send.${id}`] = {
      action: 'send',
      channel: reference('channels', id),
      title: `Send to ${channel.address}`,
      summary: channel.title,
      messages: carried.map(({ name }) => reference('channels', id, 'messages', name))
    }
  }

  if (global) {
    const { prefix, singleQueue, unlessOwn } = global
    const others = unlessOwn ? ' that have no queue of their instance' : ''
    const names = new QueueNames({ type, prefix, singleQueue, keys: events.map(({ key }) => key) })
    const shared = events.filter(({ key }) => global.events.includes(key))
    if (singleQueue && shared.length > 0)
      add('sqs.shared', [...shared, ...(global.unlisted ? [UNLISTED] : [])], {
        address: names.shared(''),
        title: `All events of all instances${others}, in one queue`
      })
    if (!singleQueue)
      for (const event of shared)
        add(`sqs.shared.${event.name}`, [event], {
          address: names.shared(event.key),
          title: `${event.name} of all instances${others}`
        })
    if (!singleQueue && global.unlisted)
      add('sqs.shared.unlisted', [UNLISTED], {
        address: names.shared(UNLISTED_KEY),
        title: `Events of all instances that are not in the catalogue${unlessOwn ? ' and have no queue of their instance' : ''}`
      })
  }
  for (const event of events)
    add(`sqs.instance.${event.name}`, [event], {
      address: `{instance}_${event.key.toLowerCase()}${fifo ? '.fifo' : ''}`,
      title: `${event.name} of an instance that has selected it for SQS`,
      parameters: { instance: reference('components', 'parameters', 'queueInstance') }
    })
  add('sqs.instance.unlisted', [UNLISTED], {
    address: `{instance}_${UNLISTED_KEY.toLowerCase()}${fifo ? '.fifo' : ''}`,
    title: 'Events that are not in the catalogue, of an instance that has selected all for SQS',
    parameters: { instance: reference('components', 'parameters', 'queueInstance') }
  })
  return part
}

const UNLISTED = { name: 'unlisted' }

const SHARED = 'The filter and the omitted members of selections do not apply here.'

function describeType({ queueType, fairQueues }: SqsMode): string {
  if (queueType === 'fifo')
    return 'FIFO: the message group is the instance, the deduplication id is the id of the event.'
  const group = fairQueues ? ' The message group is the instance: SQS then delivers fairly between instances.' : ''
  return `Standard: messages may arrive out of order or repeatedly.${group}`
}

function describeOwn({ global }: SqsMode): string {
  const selected =
    "It carries the events that pass the `filter` of the instance's selection, without the members of `data` that its `omit` lists."
  if (!global || global.unlessOwn) return selected
  return `${selected} \`alsoSentTo\` in the reply of POST /sqs/set/{instance} names the shared queues that also receive these events, with all members of \`data\`: such events are sent to SQS twice.`
}

function queue(name: string, fifo: boolean): object {
  if (!fifo) return { name, fifoQueue: false }
  return { name, fifoQueue: true, deduplicationScope: 'messageGroup', fifoThroughputLimit: 'perMessageGroupId' }
}

function message({ name, summary, example }: DescribedEvent): Message {
  const { instance, id, event, data, ...rest } = exampleEnvelope(name, example)
  const attribute = { type: 'string' }
  return {
    name,
    title: name,
    summary,
    headers: {
      type: 'object',
      description: 'Message attributes.',
      required: ['event', 'instance', 'id'],
      properties: { event: { const: name }, instance: attribute, id: attribute, traceparent: attribute }
    },
    payload: {
      allOf: [reference('components', 'schemas', 'sqsMessage'), { properties: { event: { const: name } } }],
      if: { properties: { dataType: { const: 's3' } } },
      then: { properties: { data: reference('components', 'schemas', 's3Reference') } },
      else: { properties: { data: reference('components', 'schemas', name) } }
    },
    examples: [
      {
        name: 'json',
        headers: { event, instance, id },
        payload: { event, instance, dataType: 'json', data, server: 'instance-events', ...rest, id }
      }
    ]
  }
}
