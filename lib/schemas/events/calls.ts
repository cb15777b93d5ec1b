import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { Jid, OpenObject } from './parts.ts'

/** Data of events about calls. */
export const callSchemas = {
  call: Type.Union(
    [
      OpenObject(
        {
          id: Type.String(),
          from: Jid,
          chatId: Type.Optional(Type.String()),
          status: Type.String({ description: 'offer, ringing, accept, reject, timeout or terminate.' }),
          date: Type.String({ description: 'ISO 8601.' }),
          isVideo: Type.Optional(Nullable(Type.Boolean())),
          isGroup: Type.Optional(Nullable(Type.Boolean())),
          offline: Type.Optional(Type.Boolean())
        },
        { description: "Baileys' WACallEvent." }
      ),
      OpenObject(
        { event: Type.String(), packet: Type.Unknown() },
        { description: 'An unchanged protocol node, from hubs with voice calls.' }
      )
    ],
    {
      description: 'A call has started, changed or ended.',
      examples: [
        {
          id: 'A1B2C3',
          from: '5511987654321@s.whatsapp.net',
          status: 'offer',
          isVideo: false,
          isGroup: false,
          date: '2026-01-31T12:05:00.000Z'
        }
      ]
    }
  )
}
