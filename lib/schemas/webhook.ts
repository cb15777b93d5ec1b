import { Type } from '@sinclair/typebox'
import { MAX_ID_LENGTH } from './event-input.ts'

/** The body of Evolution API v2's webhook. Other members become extras of the message. */
export const WebhookBody = Type.Object(
  {
    event: Type.Optional(
      Type.String({
        description:
          'Optional if the URL names the event. An event that is not in the catalogue is logged, and delivered to selections of all events, unless the server refuses such events.'
      })
    ),
    instance: Type.String({ minLength: 1, maxLength: 100 }),
    data: Type.Optional(Type.Unknown({ description: '`null` if absent.' })),
    date_time: Type.Optional(Type.String()),
    sender: Type.Optional(Type.Unknown()),
    server_url: Type.Optional(Type.Unknown()),
    apikey: Type.Optional(Type.Unknown()),
    id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description:
          'If absent, derived from `instance`, `event`, `date_time` and `data`, so that a repeat is a duplicate.'
      })
    ),
    traceparent: Type.Optional(Type.String())
  },
  {
    additionalProperties: true,
    examples: [
      {
        event: 'messages.upsert',
        instance: 'vendas-sp',
        data: { key: { id: '3EB0000000000000000A' }, message: { conversation: 'Oi, tudo bem?' } },
        date_time: '2026-01-31T12:00:00.000Z',
        sender: '5511912345678@s.whatsapp.net',
        server_url: 'http://localhost:8081',
        apikey: 'B6D711FCDE4D4FD5936544120E713976'
      }
    ]
  }
)

export const WebhookQuery = Type.Object({ apikey: Type.Optional(Type.String({ description: 'The global key.' })) })

export const WebhookParams = Type.Object({ event: Type.String({ maxLength: 100, examples: ['messages-upsert'] }) })

/** The path after `/webhook/evolution/`, with trailing or doubled slashes. */
export const WebhookPath = Type.Object({ '*': Type.String({ maxLength: 200 }) })
