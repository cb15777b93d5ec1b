import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceId, Jid, OpenObject } from './parts.ts'

const keyMembers = {
  remoteJid: Type.String({ description: 'The chat: a person, a group or a broadcast.' }),
  fromMe: Type.Boolean({ description: '`true` if the instance sent the message.' }),
  id: Type.String({ description: "WhatsApp's id of the message, unique within its chat." }),
  participant: Type.Optional(Nullable(Type.String({ description: 'Address of the sender, in a group.' }))),
  remoteJidAlt: Type.Optional(Type.String({ description: 'The other address of the chat: number or LID.' })),
  participantAlt: Type.Optional(Type.String())
}

const MessageKey = OpenObject(keyMembers)

const Status = Type.String({
  description: 'ERROR, PENDING, SERVER_ACK, DELIVERY_ACK, READ or PLAYED; the Cloud API has SENT, DELIVERED and FAILED.'
})

/** WhatsApp's content of a message, and the hub's `base64`, `mediaUrl` and `speechToText`. */
const Content = OpenObject(
  {
    conversation: Type.Optional(Type.String({ description: 'Plain text.' })),
    extendedTextMessage: Type.Optional(OpenObject({ text: Type.Optional(Type.String()) })),
    base64: Type.Optional(Type.String({ description: 'The media, if the hub is configured to send it.' })),
    mediaUrl: Type.Optional(Type.String({ description: "URL of the media in the hub's bucket, if it has one." })),
    speechToText: Type.Optional(Type.String())
  },
  { description: "WhatsApp's proto.Message: one member, named by `messageType`, is the content." }
)

const messageMembers = {
  key: MessageKey,
  pushName: Type.Optional(Nullable(Type.String({ description: 'Name that the sender has chosen.' }))),
  status: Type.Optional(Status),
  message: Content,
  contextInfo: Type.Optional(Nullable(OpenObject({}, { description: 'Quoted message and mentions.' }))),
  messageType: Type.String({ description: 'conversation, extendedTextMessage, imageMessage, audioMessage, …' }),
  messageTimestamp: Type.Number({ description: 'Seconds since 1970.' }),
  instanceId: Type.Optional(InstanceId),
  source: Type.Optional(Type.String({ description: 'android, ios, web, desktop or unknown.' }))
}

const message = {
  key: { remoteJid: '5511987654321@s.whatsapp.net', fromMe: false, id: '3EB0000000000000000A' },
  pushName: 'Maria Souza',
  status: 'DELIVERY_ACK',
  message: { conversation: 'Oi, tudo bem?' },
  contextInfo: {},
  messageType: 'conversation',
  messageTimestamp: 1769860800,
  instanceId: '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10',
  source: 'android'
}

const protocolMembers = {
  key: Type.Optional(MessageKey),
  type: Type.Optional(Type.Union([Type.String(), Type.Integer()], { description: 'MESSAGE_EDIT, REVOKE, …' })),
  editedMessage: Type.Optional(Nullable(Content)),
  timestampMs: Type.Optional(
    Type.Unknown({ description: 'Milliseconds since 1970: text, a number, or `{ low, high }`.' })
  )
}

const edited = {
  key: message.key,
  type: 'MESSAGE_EDIT',
  editedMessage: { conversation: 'Oi, tudo bem com você?' },
  timestampMs: '1769860860000'
}

/** Data of events about messages, received and sent. */
export const messageSchemas = {
  'messages.set': Type.Array(OpenObject(messageMembers), {
    description: 'A page of older messages. The extras `isLatest` and `progress` are at the top level of the message.',
    examples: [[message]]
  }),
  'messages.upsert': OpenObject(messageMembers, { description: 'A message was received.', examples: [message] }),
  'messages.edited': OpenObject(protocolMembers, {
    description: "WhatsApp's proto.Message.ProtocolMessage: a message was edited, or revoked.",
    examples: [edited]
  }),
  'messages.update': OpenObject(
    {
      keyId: Type.String({ description: '`key.id` of the message.' }),
      remoteJid: Type.String({ description: 'The chat.' }),
      fromMe: Type.Boolean(),
      participant: Type.Optional(Nullable(Jid)),
      status: Status,
      instanceId: Type.Optional(InstanceId),
      messageId: Type.Optional(Type.String({ description: "The hub's own id of the message." })),
      pollUpdates: Type.Optional(Type.Unknown({ description: 'Votes of a poll.' })),
      message: Type.Optional(Nullable(Content))
    },
    {
      description: 'A message was delivered, read or played.',
      examples: [
        {
          keyId: '3EB0000000000000000A',
          remoteJid: '5511987654321@s.whatsapp.net',
          fromMe: true,
          status: 'READ',
          instanceId: '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10',
          messageId: 'cmi8x0q3p000108l4f2zq7h5c'
        }
      ]
    }
  ),
  'messages.delete': Type.Union(
    [
      OpenObject({ ...keyMembers, status: Type.Literal('DELETED') }, { description: 'Deleted by the other party.' }),
      OpenObject(
        { id: Type.String(), key: MessageKey, status: Type.Literal('DELETED') },
        { description: 'Deleted through the hub: the stored message, with the hub’s `id`.' }
      )
    ],
    { description: 'A message was deleted for everyone.', examples: [{ ...message.key, status: 'DELETED' }] }
  ),
  'send.message': OpenObject(messageMembers, {
    description: 'The instance has sent a message through the hub.',
    examples: [
      {
        ...message,
        key: { ...message.key, fromMe: true, id: '3EB00000000000000014' },
        pushName: 'Você',
        status: 'PENDING'
      }
    ]
  }),
  'send.message.update': OpenObject(protocolMembers, {
    description: "The instance has edited a message through the hub: WhatsApp's ProtocolMessage.",
    examples: [{ ...edited, key: { ...message.key, fromMe: true } }]
  })
}
