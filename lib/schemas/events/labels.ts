import { Type } from '@sinclair/typebox'
import { InstanceName, Jid, OpenObject } from './parts.ts'

/** Data of events about labels of WhatsApp Business. */
export const labelSchemas = {
  'labels.edit': OpenObject(
    {
      id: Type.String(),
      name: Type.String(),
      color: Type.Number({ description: 'Index of the colour.' }),
      deleted: Type.Optional(Type.Boolean()),
      predefinedId: Type.Optional(Type.String()),
      instance: InstanceName
    },
    {
      description: 'A label was created, changed or deleted.',
      examples: [{ id: '3', name: 'Paid', color: 5, deleted: false, predefinedId: '3', instance: 'sales' }]
    }
  ),
  'labels.association': OpenObject(
    {
      instance: InstanceName,
      type: Type.Union([Type.Literal('add'), Type.Literal('remove')]),
      chatId: Jid,
      labelId: Type.String()
    },
    {
      description: 'A label was added to a chat, or removed from it.',
      examples: [{ instance: 'sales', type: 'add', chatId: '5511987654321@s.whatsapp.net', labelId: '3' }]
    }
  )
}
