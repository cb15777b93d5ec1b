import {
  WS_DISABLED,
  WS_INVALID,
  WS_NOT_SET,
  WS_RATE_LIMITED,
  WS_TOO_MANY_SOCKETS,
  WS_UNAUTHORIZED
} from '../errors.ts'
import { NO_GLOBAL_EVENTS } from '../websocket/notice.ts'
import { exampleEnvelope, SocketEnvelope } from './envelope.ts'
import { type DescribedEvent, UNLISTED_EVENT } from './described-events.ts'
import { filterReference, filterSchemas } from './filters.ts'
import { apikeyHeader, WHOSE_KEY } from './keys.ts'
import { reference, type Channel, type Message, type Part } from './types.ts'

export interface WebsocketPartOptions {
  host: string
  secure: boolean
  /** Path of the Socket.IO endpoint. */
  path: string
  /** True if the namespace `/` carries events. */
  globalEvents: boolean
  events: readonly DescribedEvent[]
}

/** Describes the Socket.IO namespaces: that of each instance, and `/` in global mode. */
export function websocketPart({ host, secure, path, globalEvents, events }: WebsocketPartOptions): Part {
  const sent = [...events.map(({ name }) => name), 'unlisted', 'resuming', 'resumed', 'connect_error']
  const sentWithoutEvents = ['notice', 'connect_error']
  const part: Part = {
    servers: {
      websocket: {
        host,
        pathname: path,
        protocol: secure ? 'wss' : 'ws',
        description: 'Socket.IO 4. Connect with socket.io-client, or with connectInstance of this package.',
        security: ['apikeyAuth', 'apikeyHeader', 'apikeyQuery'].map((name) =>
          reference('components', 'securitySchemes', name)
        )
      }
    },
    channels: {},
    operations: {},
    messages: {
      ...Object.fromEntries(events.map((event) => [`websocket.${event.name}`, message(event)])),
      'websocket.unlisted': {
        name: 'unlisted',
        ...UNLISTED_EVENT,
        payload: reference('components', 'schemas', 'socketMessage'),
        examples: [{ name: 'json', payload: exampleEnvelope('messages.starred', {}) }]
      },
      'websocket.resuming': resuming,
      'websocket.resumed': resumed,
      'websocket.connect_error': refusal,
      ...(!globalEvents && { 'websocket.notice': notice }),
      'websocket.connect': handshake
    },
    schemas: { socketMessage: SocketEnvelope, ...filterSchemas },
    securitySchemes: {
      apikeyAuth: { type: 'apiKey', in: 'user', description: `Member apikey of auth. ${WHOSE_KEY}` },
      apikeyHeader,
      apikeyQuery: { type: 'httpApiKey', in: 'query', name: 'apikey', description: WHOSE_KEY }
    }
  }

  const add = (
    id: string,
    channel: Pick<Channel, 'address' | 'title' | 'description' | 'parameters'>,
    names: readonly string[] = sent
  ) => {
    part.channels[id] = {
      ...channel,
      servers: [reference('servers', 'websocket')],
      messages: Object.fromEntries(
        [...names, 'connect'].map((name) => [name, reference('components', 'messages', `websocket.${name}`)])
      ),
      bindings: { ws: { method: 'GET', query: Query, bindingVersion: '0.1.0' } }
    }
    part.operations[`send.${id}`] = {
      action: 'send',
      channel: reference('channels', id),
      title: `Emit to ${channel.address}`,
      summary: channel.title,
      messages: names.map((name) => reference('channels', id, 'messages', name))
    }
    part.operations[`receive.${id}`] = {
      action: 'receive',
      channel: reference('channels', id),
      title: `Receive a connection to ${channel.address}`,
      summary: 'A client sends its key, offset and filters.',
      messages: [reference('channels', id, 'messages', 'connect')]
    }
  }

  add('websocket.instance', {
    address: '/{instance}',
    title: 'Events that an instance has selected for sockets',
    description:
      'A namespace that accepts connections after POST /websocket/set/{instance} has enabled it. Each event is emitted under its name. It carries the events that pass the `filter` of the selection, without the members of `data` that its `omit` lists; `auth.filter` selects among them.',
    parameters: { instance: reference('components', 'parameters', 'instance') }
  })
  if (globalEvents)
    add('websocket.global', {
      address: '/',
      title: 'Events of all instances that the key authorizes',
      description:
        'The global key receives events of all instances, a token those of its own. Each event is emitted under its name. Selections do not apply here, nor do their `filter` and `omit`; `auth.filter` does.'
    })
  else
    add(
      'websocket.root',
      {
        address: '/',
        title: 'A namespace without events',
        description:
          'Accepts clients with a valid key, because some always connect here first, and sends them one `notice` that says why there are no events.'
      },
      sentWithoutEvents
    )
  return part
}

const LOG = '88e02af1c2d83484'

const Query = {
  type: 'object',
  properties: {
    EIO: { const: '4', description: 'Version of Engine.IO.' },
    transport: { enum: ['websocket', 'polling'] },
    apikey: { type: 'string', description: 'The key, if neither auth nor the header has it.' }
  }
}

function message({ name, summary, example }: DescribedEvent): Message {
  return {
    name,
    title: name,
    summary,
    payload: {
      allOf: [reference('components', 'schemas', 'socketMessage')],
      properties: { event: { const: name }, data: reference('components', 'schemas', name) }
    },
    examples: [{ name: 'json', payload: exampleEnvelope(name, example) }]
  }
}

const count = { type: 'integer', minimum: 0 }

const log = {
  type: 'string',
  description: 'Identifies the log that the offsets belong to, and its epoch. Store it with the offset, and send both.'
}

const resuming: Message = {
  name: 'resuming',
  title: 'resuming',
  summary: 'The events that follow come after this offset of this log. Store both instead of those that you have.',
  payload: {
    type: 'object',
    required: ['offset', 'log'],
    properties: {
      offset: {
        ...count,
        description:
          'Lower than the offset of the client if the log has lost its newest events; 0 if the offset of the client belongs to another log.'
      },
      log
    }
  },
  examples: [{ name: 'a log that has lost its newest events', payload: { offset: 4600, log: `${LOG}-incomplete` } }]
}

const resumed: Message = {
  name: 'resumed',
  title: 'resumed',
  summary: 'All events since the requested offset were sent. Events after this message are live.',
  payload: {
    type: 'object',
    required: ['from', 'to', 'count', 'complete', 'log'],
    properties: {
      from: count,
      to: count,
      count: { ...count, description: 'Number of replayed events.' },
      complete: {
        type: 'boolean',
        description:
          'false: events are missing, because the log no longer has all events since that offset, or has lost its newest ones.'
      },
      log
    }
  },
  examples: [{ name: 'complete', payload: { from: 4700, to: 4711, count: 9, complete: true, log: LOG } }]
}

const refusal: Message = {
  name: 'connect_error',
  title: 'connect_error',
  summary: 'The connection is refused. This is the `data` of the error.',
  payload: {
    type: 'object',
    required: ['code', 'message'],
    properties: {
      code: { enum: [WS_UNAUTHORIZED, WS_NOT_SET, WS_DISABLED, WS_INVALID, WS_RATE_LIMITED, WS_TOO_MANY_SOCKETS] },
      message: { type: 'string' },
      retryAfterMs: {
        type: 'integer',
        description: `With ${WS_RATE_LIMITED} and ${WS_TOO_MANY_SOCKETS}: milliseconds until the client may try again.`
      }
    }
  },
  examples: [
    { name: 'unauthorized', payload: { code: WS_UNAUTHORIZED, message: 'The key does not authorize this namespace' } }
  ]
}

const notice: Message = {
  name: 'notice',
  title: 'notice',
  summary: 'The reason why this namespace carries no events. Sent once.',
  payload: {
    type: 'object',
    required: ['code', 'message'],
    properties: { code: { const: WS_DISABLED }, message: { type: 'string', description: 'The reason and the remedy.' } }
  },
  examples: [{ name: 'without events', payload: NO_GLOBAL_EVENTS }]
}

const names = { type: ['array', 'null'], maxItems: 200, items: { type: 'string' } }

const handshake: Message = {
  name: 'connect',
  title: 'connect',
  summary: 'The `auth` object of the client.',
  payload: {
    type: 'object',
    properties: {
      apikey: { type: 'string', description: WHOSE_KEY },
      offset: {
        anyOf: [count, { type: 'string', pattern: '^\\d{1,16}$' }, { const: 'latest' }, { type: 'null' }],
        description: 'Replays the events after this offset. `latest` replays nothing, and asks for the current offset.'
      },
      log: { ...log, type: ['string', 'null'] },
      events: { ...names, description: 'Only these events, by name or key.' },
      instances: { ...names, description: 'Only these instances, on `/`.' },
      filter: {
        anyOf: [filterReference('FilterPolicy'), { type: 'null' }],
        description: 'Only events whose `data` match, for all events or by event key.'
      }
    }
  },
  examples: [{ name: 'resume', payload: { apikey: 'token-of-sales', offset: 4700, events: ['messages.upsert'] } }]
}
