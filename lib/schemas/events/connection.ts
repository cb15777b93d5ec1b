import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceName, Jid, OpenObject } from './parts.ts'

/** Data of events about the connection of an instance to WhatsApp. */
export const connectionSchemas = {
  'qrcode.updated': Type.Union(
    [
      OpenObject({
        qrcode: OpenObject({
          instance: InstanceName,
          pairingCode: Type.Optional(
            Nullable(Type.String({ description: 'Only if pairing by phone number was requested.' }))
          ),
          code: Type.String({ description: 'Text of the QR code.' }),
          base64: Type.String({ description: 'The QR code as a data URL of a PNG.' })
        })
      }),
      OpenObject(
        { message: Type.String(), statusCode: Type.Integer() },
        { description: 'The limit of QR codes is reached.' }
      )
    ],
    {
      description: 'A QR code to scan, or the notice that the limit of QR codes is reached.',
      examples: [
        {
          qrcode: {
            instance: 'sales',
            pairingCode: 'WZYEH1YY',
            code: '2@y8eK+bjtEjUWy9/FOM1a2b3c4d5e6f==,Kc9,zz',
            base64: 'data:image/png;base64,iVBORw0KGgo='
          }
        },
        { message: 'QR code limit reached, please login again', statusCode: 500 }
      ]
    }
  ),
  'connection.update': OpenObject(
    {
      instance: InstanceName,
      state: Type.Union([
        Type.Literal('connecting'),
        Type.Literal('open'),
        Type.Literal('close'),
        Type.Literal('refused')
      ]),
      statusReason: Type.Optional(Type.Integer({ description: "200, or a code of Baileys' DisconnectReason." })),
      wuid: Type.Optional(Jid),
      profileName: Type.Optional(Nullable(Type.String())),
      profilePictureUrl: Type.Optional(Nullable(Type.String()))
    },
    {
      description: 'The connection to WhatsApp has changed its state.',
      examples: [
        {
          instance: 'sales',
          wuid: '5511912345678@s.whatsapp.net',
          profileName: 'Sales',
          profilePictureUrl: null,
          state: 'open',
          statusReason: 200
        }
      ]
    }
  ),
  'creds.update': OpenObject(
    {},
    {
      description: "Secrets of the session: Baileys' AuthenticationCreds. Sent only if it is selected by name.",
      examples: [{ accountSyncCounter: 1 }]
    }
  )
}
