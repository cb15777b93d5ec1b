import { Type, type ObjectOptions, type TProperties } from '@sinclair/typebox'

/** An object with further members allowed, since new releases of hubs add some. */
export const OpenObject = <T extends TProperties>(properties: T, options?: ObjectOptions) =>
  Type.Object(properties, { additionalProperties: true, ...options })

export const Jid = Type.String({
  description:
    'WhatsApp address: <number>@s.whatsapp.net, <id>@lid, <id>@g.us of a group, <id>@newsletter, or status@broadcast.'
})

export const InstanceId = Type.String({ description: "The hub's id of the instance." })

export const InstanceName = Type.String({ description: 'Name of the instance, as in the message itself.' })
