import { Type, type Static } from '@sinclair/typebox'

/** Instances of one page, unless the caller says otherwise. */
const DEFAULT_LIMIT = 100
const MAX_NAME = 100

/** Which instances are asked for. */
export const InstancesQuery = Type.Object(
  {
    instanceName: Type.Optional(Type.String({ maxLength: MAX_NAME, description: 'Only the instance of this name.' })),
    instanceId: Type.Optional(Type.String({ maxLength: MAX_NAME, description: 'Only the instance of this id.' })),
    after: Type.Optional(
      Type.String({ maxLength: MAX_NAME, description: 'Only names behind this one: the last name of the page before.' })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description: `Sorted by name, at most so many; a shorter answer is the last page. ${DEFAULT_LIMIT} with after or search.`
      })
    ),
    search: Type.Optional(
      Type.String({ maxLength: MAX_NAME, description: 'Only names with this text; case and accents do not count.' })
    )
  },
  { additionalProperties: false }
)
export type InstancesQuery = Static<typeof InstancesQuery>

/** What a page is asked for by; `undefined`: all instances at once. */
export function pageOf({ after, limit, search }: InstancesQuery) {
  if (after === undefined && limit === undefined && search === undefined) return undefined
  return { after: after ?? '', limit: limit ?? DEFAULT_LIMIT, search: search ?? '' }
}
