import { Type, type Static } from '@sinclair/typebox'
import type { InstancePage, InstanceSort } from '../activity/instance-pages.ts'
import type { InstanceActivity } from '../activity/silences.ts'
import { ValidationError } from '../errors.ts'
import { type Connection, numberOf } from '../event-log/connection.ts'
import type { EventCatalogue } from '../events/catalogue.ts'
import { toUtc } from '../events/utc.ts'
import type { Instance, Selection } from '../instances/instance.ts'
import { SERVER_LIMITS } from '../instances/limits.ts'
import { ACTIVITY_EXAMPLE, ActivityReply, activityReply } from './activity.ts'
import { SilenceAfterMinutes } from './instance-changes.ts'
import { LimitsReply } from './limits.ts'
import { Nullable } from './nullable.ts'
import { oneOf } from './one-of.ts'
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
        description:
          'Only the instance whose account has this number, which is read from the newest events of the log: its last `connection.update`, or else the `sender` of its events.'
      })
    ),
    after: Type.Optional(
      Type.String({ maxLength: MAX_NAME, description: 'Only names after this one: the last name of the page before.' })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        description: `Maximum number of instances, sorted by name; a reply with fewer is the last page. ${DEFAULT_LIMIT} with \`after\` or \`search\`, else all.`
      })
    ),
    search: Type.Optional(
      Type.String({
        maxLength: MAX_NAME,
        description: 'Only names that contain this text, regardless of case and accents.'
      })
    ),
    state: Type.Optional(
      oneOf(['sqs', 'websocket', 'off', 'silent'], {
        description:
          '`sqs`, `websocket`: only instances with a selection for it that is on; `off`: only those with none that is on; `silent`: only silent ones.'
      })
    ),
    sort: Type.Optional(
      oneOf(['name', 'createdAt', 'lastEventAt', 'events'], {
        description: 'What a page is sorted by; `events`: their number in the last hour. `name` by default.'
      })
    ),
    order: Type.Optional(oneOf(['asc', 'desc'], { description: '`asc` by default.' })),
    afterValue: Type.Optional(
      Type.String({
        maxLength: MAX_NAME,
        description:
          'With `after` and another `sort` than `name`: the value of the last instance of the page before, as it was there (`createdAt`, `activity.lastEventAt` or `activity.events.hour`); empty for null.'
      })
    ),
    count: Type.Optional(
      Type.Boolean({
        description: 'Whether the reply to a page has the total number of matching instances, as `X-Total-Count`.'
      })
    )
  },
  { additionalProperties: false }
)
export type InstancesQuery = Static<typeof InstancesQuery>

/** The page that the query asks for; `undefined`: all instances at once. @throws {ValidationError} */
export function pageOf(query: InstancesQuery): InstancePage | undefined {
  const { after = '', afterValue, limit = DEFAULT_LIMIT, search = '', state, sort = 'name', order = 'asc' } = query
  const ofPages = ['after', 'afterValue', 'limit', 'search', 'state', 'sort', 'order', 'count'] as const
  if (ofPages.every((member) => query[member] === undefined)) return undefined
  const isNeeded = sort !== 'name' && query.after !== undefined
  if (isNeeded !== (afterValue !== undefined))
    throw new ValidationError(
      isNeeded
        ? `querystring.afterValue is required with after and sort=${sort}`
        : 'querystring.afterValue can only be used with after, and with another sort than name'
    )
  return { after, afterValue: valueOf(afterValue, sort), limit, search, state, sort, order }
}

/** A value as a reply has it, as a number. @throws {ValidationError} */
function valueOf(text: string | undefined, sort: InstanceSort): number {
  if (text === undefined || text === '') return 0
  const value = sort === 'events' ? (/^\d+$/.test(text) ? Number(text) : NaN) : Date.parse(toUtc(text) ?? '')
  if (!Number.isSafeInteger(value))
    throw new ValidationError(
      `querystring.afterValue must be a ${sort === 'events' ? 'whole number' : 'date and time'}`
    )
  return value
}

const SELECTIONS = { sqs: SELECTION_EXAMPLE, websocket: { enabled: false, events: [] } }

/**
 * One instance, never its token. Except for `connectionStatus`, the members of its connection are there if the request
 * is about one instance.
 */
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
    limits: LimitsReply,
    oldTokenValidUntil: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time until which the replaced token is valid beside the current one.'
      })
    ),
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
        limits: SERVER_LIMITS,
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
  const { id, name, integration, silenceAfterMinutes, limits, formerToken } = instance
  const { createdAt, updatedAt, selections } = instance
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
    limits,
    ...(formerToken && { oldTokenValidUntil: formerToken.until.toISOString() }),
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
