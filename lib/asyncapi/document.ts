import type { CatalogueEvent } from '../events/catalogue.ts'
import { describedEvents } from './described-events.ts'
import { httpPart, type HttpPartOptions } from './http-part.ts'
import { sqsPart, type SqsPartOptions } from './sqs-part.ts'
import type { AsyncApiDocument, Part } from './types.ts'
import { websocketPart, type WebsocketPartOptions } from './websocket-part.ts'

export interface AsyncApiOptions {
  /** Version of this package. */
  version: string
  events: readonly CatalogueEvent[]
  /** `undefined` if the transport is switched off. */
  sqs: Omit<SqsPartOptions, 'events'> | undefined
  websocket: Omit<WebsocketPartOptions, 'events'> | undefined
  http: Pick<HttpPartOptions, 'host' | 'secure' | 'prefix'>
}

/** Describes the messages of this server as an AsyncAPI 3.0 document, which contains no secrets. */
export function asyncApiDocument({ version, events: known, sqs, websocket, http }: AsyncApiOptions): AsyncApiDocument {
  const events = describedEvents(known)
  const parts = [
    sqs && sqsPart({ ...sqs, events }),
    websocket && websocketPart({ ...websocket, events }),
    websocket && httpPart({ ...http, globalEvents: websocket.globalEvents, events })
  ]
  const all = <Member extends keyof Part>(member: Member): Part[Member] =>
    Object.assign({}, ...parts.map((part) => part?.[member]))
  const instance = 'Name of an instance'
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'fastify-instance-events',
      version,
      description:
        'The events of messaging instances that this server sends to Amazon SQS, to Socket.IO clients and over HTTP. Operations are those of the server: what it sends, you receive.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    defaultContentType: 'application/json',
    servers: all('servers'),
    channels: all('channels'),
    operations: all('operations'),
    components: {
      messages: all('messages'),
      schemas: {
        ...all('schemas'),
        ...Object.fromEntries(
          events.map(({ name, summary, schema }) => [
            name,
            { title: `data of ${name}`, description: summary, ...schema }
          ])
        )
      },
      securitySchemes: all('securitySchemes'),
      parameters: {
        instance: { description: `${instance}, percent-encoded.`, examples: ['sales'] },
        ...(sqs && {
          queueInstance: {
            description: `${instance}. A name that SQS does not allow becomes <slug>-<hash8>; GET /sqs/queues/{instance} lists the queues.`,
            examples: ['sales']
          }
        })
      }
    }
  }
}
