import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceId, Jid, OpenObject } from './parts.ts'

const Chat = OpenObject({
  id: Type.Optional(Type.String({ description: "The hub's own id, which may replace `remoteJid`." })),
  remoteJid: Type.Optional(Jid),
  remoteLid: Type.Optional(Nullable(Type.String())),
  instanceId: Type.Optional(InstanceId),
  name: Type.Optional(Nullable(Type.String())),
  unreadMessages: Type.Optional(Type.Integer())
})

const chat = {
  remoteJid: '5511987654321@s.whatsapp.net',
  instanceId: '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10',
  name: 'Maria Souza'
}

/** Data of events about chats, and about the history that is loaded after the first connection. */
export const chatSchemas = {
  'chats.set': Type.Array(Chat, { description: 'Chats of the history.', examples: [[chat]] }),
  'chats.upsert': Type.Array(Chat, {
    description: 'Chats that are new, or were renamed or read.',
    examples: [[{ ...chat, unreadMessages: 3 }]]
  }),
  'chats.update': Type.Array(Chat, {
    description: 'Chats that have changed.',
    examples: [[{ remoteJid: chat.remoteJid, instanceId: chat.instanceId }]]
  }),
  'chats.delete': Type.Array(Jid, { description: 'Chats that were deleted.', examples: [[chat.remoteJid]] }),
  'messaging-history.set': OpenObject(
    {
      progress: Type.Optional(Nullable(Type.Number({ description: 'Percent.' }))),
      messageCount: Type.Optional(Type.Integer()),
      chatCount: Type.Optional(Type.Integer()),
      contactCount: Type.Optional(Type.Integer()),
      isLatest: Type.Optional(Type.Boolean()),
      messages: Type.Optional(
        Type.Array(Type.Unknown(), { description: 'Sent by older hubs only, as `chats` and `contacts` are.' })
      ),
      chats: Type.Optional(Type.Array(Type.Unknown())),
      contacts: Type.Optional(Type.Array(Type.Unknown()))
    },
    {
      description: 'The history has been loaded.',
      examples: [{ messageCount: 4120, chatCount: 87, contactCount: 412, progress: 100 }]
    }
  )
}
