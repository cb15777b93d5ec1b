import { Type } from '@sinclair/typebox'
import { Jid, OpenObject } from './parts.ts'

/** Conversations that a bot of Typebot leads. */
export const typebotSchemas = {
  'typebot.start': OpenObject(
    {
      remoteJid: Jid,
      url: Type.String(),
      typebot: Type.String({ description: 'Public id of the bot.' }),
      variables: Type.Optional(
        Type.Array(OpenObject({ name: Type.String(), value: Type.Unknown() }), { description: 'What it begins with.' })
      ),
      prefilledVariables: Type.Optional(Type.Unknown({ description: 'The same, of a session that Typebot keeps.' })),
      sessionId: Type.String()
    },
    {
      description: 'A bot has begun to talk.',
      examples: [
        {
          remoteJid: '5511987654321@s.whatsapp.net',
          url: 'https://bot.example.com',
          typebot: 'sales',
          variables: [{ name: 'pushName', value: 'Maria' }],
          sessionId: 'ck1'
        }
      ]
    }
  ),
  'typebot.change-status': OpenObject(
    {
      remoteJid: Jid,
      status: Type.String({ description: 'opened, paused, closed or delete.' }),
      url: Type.Optional(Type.String()),
      typebot: Type.Optional(Type.String()),
      session: Type.Optional(Type.Unknown({ description: "The hub's record of the session." }))
    },
    {
      description: 'A bot begins, pauses or ends.',
      examples: [{ remoteJid: '5511987654321@s.whatsapp.net', status: 'paused', session: null }]
    }
  )
}
