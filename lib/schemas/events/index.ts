import type { Static, TSchema } from '@sinclair/typebox'
import type { EVOLUTION_EVENTS } from '../../events/catalogue.ts'
import { callSchemas } from './calls.ts'
import { chatSchemas } from './chats.ts'
import { connectionSchemas } from './connection.ts'
import { contactSchemas } from './contacts.ts'
import { groupSchemas } from './groups.ts'
import { instanceSchemas } from './instances.ts'
import { labelSchemas } from './labels.ts'
import { messageSchemas } from './messages.ts'
import { typebotSchemas } from './typebot.ts'

/**
 * Schemas of the `data` of Evolution API's events, as its v2 sends them with Baileys. They only describe: no event is refused for
 * other data. https://github.com/EvolutionAPI/evolution-api
 */
export const instanceEventSchemas = {
  ...instanceSchemas,
  ...connectionSchemas,
  ...messageSchemas,
  ...contactSchemas,
  ...chatSchemas,
  ...groupSchemas,
  ...labelSchemas,
  ...callSchemas,
  ...typebotSchemas
} satisfies Record<(typeof EVOLUTION_EVENTS)[number], TSchema>

/** The type of the `data` of each event: `InstanceEventMap['messages.upsert']`. */
export type InstanceEventMap = {
  [Name in keyof typeof instanceEventSchemas]: Static<(typeof instanceEventSchemas)[Name]>
}
