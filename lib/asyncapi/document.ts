import type { EventCatalogue } from '../events/catalogue.ts'
import { describedEvents } from './described-events.ts'
import { sqsPart, type SqsPartOptions } from './sqs-part.ts'
import type { AsyncApiDocument, Part } from './types.ts'
import { websocketPart, type WebsocketPartOptions } from './websocket-part.ts'

export interface AsyncApiOptions {
  /** Of this package. */
  version: string
  catalogue: EventCatalogue
  /** `undefined`: the transport is switched off. */
  sqs: Omit<SqsPartOptions, 'events'> | undefined
  websocket: Omit<WebsocketPartOptions, 'events'> | undefined
}

/** What this server sends to queues and sockets, as an AsyncAPI 3.0 document. It has no secrets in it. */
export function asyncApiDocument({ version, catalogue, sqs, websocket }: AsyncApiOptions): AsyncApiDocument {
  const events = describedEvents(catalogue)
  const parts = [sqs && sqsPart({ ...sqs, events }), websocket && websocketPart({ ...websocket, events })]
  const all = <Member extends keyof Part>(member: Member): Part[Member] =>
    Object.assign({}, ...parts.map((part) => part?.[member]))
  const instance = 'Name of an instance'
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'fastify-instance-events',
      version,
      description:
        'Events of messaging instances, as this server hands them to Amazon SQS and to Socket.IO clients. Operations are the server’s own: what it sends, you receive.',
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
        ...(websocket && { instance: { description: `${instance}, percent-encoded.`, examples: ['sales'] } }),
        ...(sqs && {
          queueInstance: {
            description: `${instance}. One that SQS would refuse becomes <slug>-<hash8>: GET /sqs/queues/{instance} has the names.`,
            examples: ['sales']
          }
        })
      }
    }
  }
}
