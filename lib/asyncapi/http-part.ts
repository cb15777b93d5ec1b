import { Type, type TSchema } from '@sinclair/typebox'
import { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import { EventPage, EventPageOfAllQuery, EventPageQuery } from '../schemas/event-page.ts'
import { StreamOfAllQuery, StreamQuery } from '../schemas/event-stream.ts'
import { withComponents } from '../schemas/filter-policy.ts'
import { HEARTBEAT } from '../websocket/stream-writer.ts'
import type { DescribedEvent } from './described-events.ts'
import { exampleEnvelope, SocketEnvelope } from './envelope.ts'
import { filterReference, filterSchemas } from './filters.ts'
import { apikeyHeader, WHOSE_KEY } from './keys.ts'
import { reference, type Channel, type Message, type Part } from './types.ts'

export interface HttpPartOptions {
  host: string
  secure: boolean
  /** Path in front of the routes; may be empty. */
  prefix: string
  /** True if `/events/stream` and `/events` carry events. */
  globalEvents: boolean
  events: readonly DescribedEvent[]
}

type Described = Pick<Channel, 'address' | 'title' | 'description' | 'parameters'>

const INSTANCE = { instance: reference('components', 'parameters', 'instance') }

/** Describes the streams of Server-Sent Events, and long polling, which have the messages of sockets. */
export function httpPart({ host, secure, prefix, globalEvents, events }: HttpPartOptions): Part {
  const ofSockets = [...events.map(({ name }) => name), 'unlisted', 'resuming', 'resumed']
  const streamed = {
    ...Object.fromEntries(ofSockets.map((name) => [name, `websocket.${name}`])),
    closing: 'stream.closing',
    heartbeat: 'stream.heartbeat'
  }
  const part: Part = {
    servers: {
      http: {
        host,
        ...(prefix !== '' && { pathname: prefix }),
        protocol: secure ? 'https' : 'http',
        description: 'The routes of this server, for programs without a Socket.IO client.',
        security: ['apikeyHeader', 'bearer'].map((name) => reference('components', 'securitySchemes', name))
      }
    },
    channels: {},
    operations: {},
    messages: {
      'stream.closing': closing,
      'stream.heartbeat': heartbeat,
      'poll.page': page(events)
    },
    schemas: { socketMessage: SocketEnvelope, ...filterSchemas },
    securitySchemes: { apikeyHeader, bearer: { type: 'http', scheme: 'bearer', description: WHOSE_KEY } }
  }

  const add = (id: string, channel: Described, { messages, query }: { messages: object; query: TSchema }) => {
    part.channels[id] = {
      ...channel,
      servers: [reference('servers', 'http')],
      messages: Object.fromEntries(
        Object.entries(messages).map(([name, of]) => [name, reference('components', 'messages', String(of))])
      )
    }
    part.operations[`send.${id}`] = {
      action: 'send',
      channel: reference('channels', id),
      title: `Reply to GET ${channel.address}`,
      summary: channel.title,
      messages: Object.keys(messages).map((name) => reference('channels', id, 'messages', name)),
      bindings: { http: { method: 'GET', query: withComponents(query, filterReference), bindingVersion: '0.3.0' } }
    }
  }

  add(
    'stream.instance',
    {
      address: '/events/{instance}/stream',
      title: 'Server-Sent Events that an instance has selected for sockets',
      description: `What the sockets of the instance receive. ${STREAM}`,
      parameters: INSTANCE
    },
    { messages: streamed, query: StreamQuery }
  )
  if (globalEvents)
    add(
      'stream.all',
      {
        address: '/events/stream',
        title: 'Server-Sent Events of all instances that the key authorizes',
        description: `What sockets on the namespace / receive. ${STREAM}`
      },
      { messages: streamed, query: StreamOfAllQuery }
    )
  const messages = { page: 'poll.page' }
  add(
    'poll.instance',
    {
      address: '/events/{instance}',
      title: 'Events that an instance has selected for sockets, by long polling',
      description: `What the sockets of the instance receive. ${POLL}`,
      parameters: INSTANCE
    },
    { messages, query: Type.Omit(EventPageQuery, ['before', 'at', 'limit', 'search']) }
  )
  if (globalEvents)
    add(
      'poll.all',
      {
        address: '/events',
        title: 'Events of all instances that the key authorizes, by long polling',
        description: `What sockets on the namespace / receive. ${POLL}`
      },
      { messages, query: Type.Omit(EventPageOfAllQuery, ['before', 'at', 'limit', 'search']) }
    )
  return part
}

const STREAM =
  'A message is the `data` of one event of the stream, and `id` is its offset; only resuming, resumed and closing have an event name. Reconnect with `Last-Event-ID`, or `after`, to resume.'
const POLL =
  'With `wait`, the reply is sent when there is an event, or without events after that many seconds. Continue with `after` and `log` of the reply.'

const closing: Message = {
  name: 'closing',
  title: 'closing',
  summary: 'The reason why the server closes a stream whose client does not read fast enough. Reconnect to resume.',
  payload: { type: 'object', required: ['code'], properties: { code: { enum: [WS_TOO_SLOW, WS_STALLED] } } },
  examples: [{ name: 'too slow', payload: { code: WS_TOO_SLOW } }]
}

const heartbeat: Message = {
  name: 'heartbeat',
  title: 'heartbeat',
  summary: 'A comment every 15 seconds, which clients ignore. It keeps proxies from closing the connection.',
  contentType: 'text/event-stream',
  payload: { const: HEARTBEAT },
  examples: [{ name: 'comment', payload: HEARTBEAT }]
}

function page(events: readonly DescribedEvent[]): Message {
  const { after, more, log, complete } = EventPage.properties
  const dataOf = ({ name }: DescribedEvent) => ({
    if: { properties: { event: { const: name } } },
    then: { properties: { data: reference('components', 'schemas', name) } }
  })
  return {
    name: 'page',
    title: 'page',
    summary: 'The next events, oldest first, and where to continue.',
    payload: {
      type: 'object',
      required: ['events', 'after', 'more', 'log', 'complete'],
      properties: {
        events: {
          type: 'array',
          items: { allOf: [reference('components', 'schemas', 'socketMessage'), ...events.map(dataOf)] }
        },
        after,
        more,
        log,
        complete
      }
    },
    examples: [
      {
        name: 'an event',
        payload: {
          events: [exampleEnvelope('messages.starred', {})],
          after: 4711,
          more: false,
          log: '88e02af1c2d83484',
          complete: true
        }
      }
    ]
  }
}
