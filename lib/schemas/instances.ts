import { Type, type Static } from '@sinclair/typebox'
import type { Instance } from '../instances/instance.ts'
import { Nullable } from './nullable.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './page-limits.ts'
import { SELECTION_EXAMPLE, SelectionReply, selectionReply } from './selections.ts'

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

/** One instance, never its token. */
export const InstanceReply = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    integration: Nullable(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
    sqs: Nullable(SelectionReply),
    websocket: Nullable(SelectionReply)
  },
  {
    examples: [
      {
        id: SELECTION_EXAMPLE.instanceId,
        name: 'sales',
        integration: null,
        createdAt: SELECTION_EXAMPLE.createdAt,
        updatedAt: SELECTION_EXAMPLE.updatedAt,
        sqs: SELECTION_EXAMPLE,
        websocket: null
      }
    ]
  }
)
export type InstanceReply = Static<typeof InstanceReply>

/** The reply of `GET /instance/fetchInstances`. */
export const InstancesReply = Type.Array(InstanceReply, { examples: [InstanceReply.examples] })
export type InstancesReply = Static<typeof InstancesReply>

export function instanceReply(instance: Instance): InstanceReply {
  const { id, name, integration, createdAt, updatedAt, selections } = instance
  return {
    id,
    name,
    integration,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    sqs: selections.sqs ? selectionReply(selections.sqs, instance) : null,
    websocket: selections.websocket ? selectionReply(selections.websocket, instance) : null
  }
}
