import { Type, type Static } from '@sinclair/typebox'
import type { InstanceActivity } from '../activity/silences.ts'
import { type Connection, numberOf } from '../event-log/connection.ts'
import type { EventCatalogue } from '../events/catalogue.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import { ACTIVITY_EXAMPLE, ActivityReply, activityReply } from './activity.ts'
import { SilenceAfterMinutes } from './instance-changes.ts'
import { Nullable } from './nullable.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'
import { SELECTION_EXAMPLE, SelectionSummary, selectionReply } from './selections.ts'

const MAX_NAME = 100

export const InstanceParams = Type.Object({
  instance: Type.String({
    minLength: 1,
    maxLength: MAX_NAME,
    description: 'Instance name, percent-encoded.',
    examples: ['sales']
  })
})

/** The query of `GET /instance/fetchInstances`. */
export const InstancesQuery = Type.Object(
  {
    instanceName: Type.Optional(Type.String({ maxLength: MAX_NAME, description: 'Only the instance of this name.' })),
    instanceId: Type.Optional(Type.String({ maxLength: MAX_NAME, description: 'Only the instance of this id.' })),
    number: Type.Optional(
      Type.String({
        maxLength: MAX_NAME,
        pattern: '\\d',
        description: 'Only the instance whose account has this number, as far as the newest events of the log name it.'
      })
    ),
    after: Type.Optional(
      Type.String({ maxLength: MAX_NAME, description: 'Only names after this one: the last name of the page before.' })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        description: `Largest number of instances, sorted by name; a shorter answer is the last page. ${DEFAULT_LIMIT} with \`after\` or \`search\`, else all.`
      })
    ),
    search: Type.Optional(
      Type.String({
        maxLength: MAX_NAME,
        description: 'Only names that contain this text, regardless of case and accents.'
      })
    )
  },
  { additionalProperties: false }
)
export type InstancesQuery = Static<typeof InstancesQuery>

/** The page that the query asks for; `undefined`: all instances at once. */
export function pageOf({ after, limit, search }: InstancesQuery) {
  if (after === undefined && limit === undefined && search === undefined) return undefined
  return { after: after ?? '', limit: limit ?? DEFAULT_LIMIT, search: search ?? '' }
}

const SELECTIONS = { sqs: SELECTION_EXAMPLE, websocket: { enabled: false, events: [] } }

/** One instance, never its token. Except for `connectionStatus`, the members of its connection are there if the request is about one instance. */
export const InstanceReply = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    integration: Nullable(Type.String()),
    connectionStatus: Type.Optional(
      Nullable(Type.String(), { description: '`open`, `connecting` or `close`; null: the log does not say.' })
    ),
    ownerJid: Type.Optional(Nullable(Type.String())),
    number: Type.Optional(Nullable(Type.String())),
    profileName: Type.Optional(Nullable(Type.String())),
    profilePicUrl: Type.Optional(Nullable(Type.String())),
    activity: ActivityReply,
    silenceAfterMinutes: SilenceAfterMinutes,
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    sqs: SelectionSummary,
    websocket: SelectionSummary,
    Sqs: SelectionSummary,
    Websocket: SelectionSummary
  },
  {
    examples: [
      {
        id: SELECTION_EXAMPLE.instanceId,
        name: 'sales',
        integration: null,
        connectionStatus: 'open',
        ownerJid: '5511912345678@s.whatsapp.net',
        number: '5511912345678',
        profileName: 'Sales',
        profilePicUrl: null,
        activity: ACTIVITY_EXAMPLE,
        silenceAfterMinutes: null,
        createdAt: SELECTION_EXAMPLE.createdAt,
        updatedAt: SELECTION_EXAMPLE.updatedAt,
        ...SELECTIONS,
        Sqs: SELECTIONS.sqs,
        Websocket: SELECTIONS.websocket
      }
    ]
  }
)
export type InstanceReply = Static<typeof InstanceReply>

/** The reply of `GET /instance/fetchInstances`. */
export const InstancesReply = Type.Array(InstanceReply, { examples: [InstanceReply.examples] })
export type InstancesReply = Static<typeof InstancesReply>

/** The reply of `GET /instance/connectionState/:instance`. */
export const ConnectionStateReply = Type.Object(
  {
    instance: Type.Object({
      instanceName: Type.String(),
      state: Nullable(Type.String(), {
        description: '`open`, `connecting` or `close`, of the last `connection.update`; null: the log has none.'
      })
    })
  },
  { examples: [{ instance: { instanceName: 'sales', state: 'open' } }] }
)

/** Describes an instance. Selections are there in both spellings of Evolution API's clients. */
export function instanceReply(
  instance: Instance,
  {
    catalogue,
    activity,
    connection
  }: { catalogue: EventCatalogue; activity: InstanceActivity; connection?: Connection }
): InstanceReply {
  const { id, name, integration, silenceAfterMinutes, createdAt, updatedAt, selections } = instance
  const summary = (selection: Selection | undefined): SelectionSummary =>
    selection ? selectionReply(selection, { instance, catalogue }) : { enabled: false, events: [] }
  const sqs = summary(selections.sqs)
  const websocket = summary(selections.websocket)
  return {
    id,
    name,
    integration,
    connectionStatus: activity.connectionState,
    ...(connection && connectionMembers(connection)),
    activity: activityReply(activity),
    silenceAfterMinutes,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    sqs,
    websocket,
    Sqs: sqs,
    Websocket: websocket
  }
}

function connectionMembers({ state, ownerJid, profileName, profilePicUrl }: Connection) {
  return { connectionStatus: state, ownerJid, number: numberOf(ownerJid), profileName, profilePicUrl }
}
