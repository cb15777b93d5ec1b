import { Type, type ObjectOptions, type TProperties } from '@sinclair/typebox'

/** An object of which hubs may send more than is listed: they add members from one release to the next. */
export const OpenObject = <T extends TProperties>(properties: T, options?: ObjectOptions) =>
  Type.Object(properties, { additionalProperties: true, ...options })

export const Jid = Type.String({
  description:
    'WhatsApp address: <number>@s.whatsapp.net, <id>@lid, <id>@g.us of a group, <id>@newsletter, or status@broadcast.'
})

export const InstanceId = Type.String({ description: 'Id that the hub gave to the instance.' })

export const InstanceName = Type.String({ description: 'Name of the instance, as in the message itself.' })
