import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceId, Jid, OpenObject } from './parts.ts'

const Contact = OpenObject({
  remoteJid: Jid,
  pushName: Type.Optional(Nullable(Type.String())),
  profilePicUrl: Type.Optional(Nullable(Type.String())),
  instanceId: Type.Optional(InstanceId)
})

const contact = {
  remoteJid: '5511987654321@s.whatsapp.net',
  pushName: 'Maria Souza',
  profilePicUrl: null,
  instanceId: '7d3d6f0e-8f5c-4b0a-9a41-0f0f4b1f2a10'
}

/** Data of events about contacts and their presence. */
export const contactSchemas = {
  'contacts.set': Type.Array(Contact, { description: 'The contacts of the instance.', examples: [[contact]] }),
  'contacts.upsert': Type.Union([Contact, Type.Array(Contact)], {
    description: 'New contacts: the sender of a message, or a list.',
    examples: [[contact], contact]
  }),
  'contacts.update': Type.Union([Contact, Type.Array(Contact)], {
    description: 'Changed contacts: the sender of a message, or a list.',
    examples: [contact, [contact]]
  }),
  'presence.update': OpenObject(
    {
      id: Type.String({ description: 'The chat.' }),
      presences: Type.Record(
        Type.String(),
        OpenObject({
          lastKnownPresence: Type.String({ description: 'available, unavailable, composing, recording or paused.' }),
          lastSeen: Type.Optional(Nullable(Type.Number({ description: 'Seconds since 1970.' })))
        }),
        { description: 'Presences by address.' }
      )
    },
    {
      description: 'The presence of a contact has changed.',
      examples: [
        {
          id: '5511987654321@s.whatsapp.net',
          presences: { '5511987654321@s.whatsapp.net': { lastKnownPresence: 'composing' } }
        }
      ]
    }
  )
}
