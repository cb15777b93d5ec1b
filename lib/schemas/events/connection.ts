import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { InstanceName, Jid, OpenObject } from './parts.ts'

/** How an instance stands with WhatsApp. */
export const connectionSchemas = {
  'qrcode.updated': Type.Union(
    [
      OpenObject({
        qrcode: OpenObject({
          instance: InstanceName,
          pairingCode: Type.Optional(Nullable(Type.String({ description: 'If a number was given to pair with.' }))),
          code: Type.String({ description: 'Text of the QR code.' }),
          base64: Type.String({ description: 'The QR code as a data URL of a PNG.' })
        })
      }),
      OpenObject({ message: Type.String(), statusCode: Type.Integer() }, { description: 'No more codes will come.' })
    ],
    {
      description: 'A QR code to scan, or that there were too many.',
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
      description: 'The connection to WhatsApp opens or closes.',
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
      description: "Secrets of the session, as Baileys' AuthenticationCreds. Selected by name only.",
      examples: [{ accountSyncCounter: 1 }]
    }
  )
}
