import { Type } from '@sinclair/typebox'
import { Jid, OpenObject } from './parts.ts'

/** Data of events about conversations with a Typebot. */
export const typebotSchemas = {
  'typebot.start': OpenObject(
    {
      remoteJid: Jid,
      url: Type.String(),
      typebot: Type.String({ description: 'Public id of the bot.' }),
      variables: Type.Optional(
        Type.Array(OpenObject({ name: Type.String(), value: Type.Unknown() }), {
          description: 'Variables of the session.'
        })
      ),
      prefilledVariables: Type.Optional(Type.Unknown({ description: 'Variables of a session that Typebot stores.' })),
      sessionId: Type.String()
    },
    {
      description: 'A bot has started a session.',
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
      description: 'A session of a bot has started, paused or ended.',
      examples: [{ remoteJid: '5511987654321@s.whatsapp.net', status: 'paused', session: null }]
    }
  )
}
