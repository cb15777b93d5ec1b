import { type TSchema, Type } from '@sinclair/typebox'
import type { Hub } from '../hubs/hub.ts'
import { MAX_ID_LENGTH } from './event-input.ts'

/** The end of the year 9999: later years have another form in ISO 8601. */
const MAX_TIME = 253_402_300_799_999

/** The schema of a hub's webhook body. Members that it does not name become members of the message. */
export function hubWebhookBody({ title, members, example }: Hub) {
  const name = Type.String({ minLength: 1, maxLength: 100 })
  const { instance, event, data, id, time, account, apikey } = members
  const properties: Record<string, TSchema> = {
    [instance]: name,
    [event]: name,
    [data]: Type.Optional(Type.Unknown({ description: '`null` if absent.' })),
    ...(id !== undefined && {
      [id]: Type.String({
        minLength: 1,
        maxLength: MAX_ID_LENGTH,
        description: `Id of the event in ${title}; a repeat has the same one.`
      })
    }),
    ...(time !== undefined && {
      [time]: Type.Integer({ minimum: 0, maximum: MAX_TIME, description: 'Milliseconds since the epoch.' })
    }),
    ...(account !== undefined && { [account]: Type.Optional(Type.Unknown()) }),
    ...(apikey !== undefined && {
      [apikey]: Type.Optional(Type.String({ description: 'Removed unless the server exposes API keys.' }))
    })
  }
  return Type.Unsafe<Record<string, unknown>>(
    Type.Object(properties, { additionalProperties: true, examples: [example] })
  )
}
