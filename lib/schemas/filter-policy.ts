import { Type } from '@sinclair/typebox'

/** An entry in the list of a member: a value, or an object with one operator. */
export type FilterCondition =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly 'equals-ignore-case': string }
  | {
      readonly 'anything-but':
        | string
        | number
        | readonly (string | number)[]
        | { readonly prefix: string | readonly string[] }
        | { readonly suffix: string | readonly string[] }
        | { readonly 'equals-ignore-case': string | readonly string[] }
    }
  | { readonly exists: boolean }
  | { readonly numeric: NumericRange }

export type NumericComparison = '=' | '<' | '<=' | '>' | '>='

/** One or two comparisons, such as `['>=', 1, '<', 10]`: all of them must hold. */
export type NumericRange =
  | readonly [NumericComparison, number]
  | readonly [NumericComparison, number, NumericComparison, number]

/**
 * A filter policy of Amazon SNS. Each member has a list of conditions, one of which must match, or a policy for the object in it.
 * `$or` has a list of at least two policies, one of which must match.
 */
export interface FilterPolicy {
  readonly [member: string]: readonly FilterCondition[] | readonly AlternativePolicy[] | FilterPolicy
}

/** A policy in the list of `$or`. None of its members has the name of an operator, so that conditions are told from it. */
export type AlternativePolicy = FilterPolicy & {
  readonly [operator in 'prefix' | 'suffix' | 'equals-ignore-case' | 'anything-but' | 'exists' | 'numeric']?: never
}

/** The keyword of a schema that documents describe by one of `filterComponents`. Validators ignore it. */
const COMPONENT = 'x-component'

export type FilterComponent = 'FilterPolicy' | 'FilterCondition'

/**
 * An `EventFilter` in requests and replies: any object for validators, because `checkFilter` says more than a schema what is wrong
 * with one.
 */
export const Filter = Type.Unsafe<FilterPolicy>({
  type: 'object',
  additionalProperties: true,
  [COMPONENT]: 'FilterPolicy' satisfies FilterComponent,
  description:
    'Delivers only events whose `data` match: a filter policy in the syntax of Amazon SNS, for all events or by event key. An array matches if one of its items does.',
  examples: [{ MESSAGES_UPSERT: { key: { fromMe: [false], remoteJid: [{ suffix: '@s.whatsapp.net' }] } } }]
})

/** A filter as JSON text, for queries. */
export const FilterText = Type.String({
  maxLength: 8_192,
  description: 'Only events whose `data` match: a filter policy in the syntax of Amazon SNS, as JSON.',
  contentMediaType: 'application/json',
  contentSchema: { [COMPONENT]: 'FilterPolicy' satisfies FilterComponent }
})

/** Returns a schema with references in place of the schemas that have components. */
export function withComponents(schema: unknown, refer: (component: FilterComponent) => object): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withComponents(item, refer))
  if (typeof schema !== 'object' || schema === null) return schema
  if (!(COMPONENT in schema))
    return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, withComponents(value, refer)]))
  const { [COMPONENT]: component, type, additionalProperties, ...described } = schema as Record<string, unknown>
  return { ...described, ...refer(component as FilterComponent) }
}

/** A JSON Schema. */
type Keywords = Record<string, unknown>

const text = { type: 'string', minLength: 1 }
const texts = { anyOf: [text, { type: 'array', minItems: 1, items: text }] }
const numberOrText = { type: ['string', 'number'] }

/** An object with one member. */
const only = (name: string, schema: object) => ({
  type: 'object',
  required: [name],
  properties: { [name]: schema },
  additionalProperties: false
})

/** The JSON Schemas of filters for documents, in drafts 7 and 2020-12. @param refer returns a reference to one of them */
export function filterComponents(refer: (component: FilterComponent) => object): Record<FilterComponent, Keywords> {
  return {
    FilterPolicy: {
      title: 'Filter policy',
      description:
        'A filter policy of Amazon SNS. Each member has a list of conditions, one of which must match, or a policy for the object in it. All members must match. At most 8,192 characters, 12 levels and 150 conditions.',
      type: 'object',
      minProperties: 1,
      properties: {
        $or: { type: 'array', minItems: 2, items: refer('FilterPolicy'), description: 'One of these must match.' }
      },
      additionalProperties: {
        anyOf: [{ type: 'array', minItems: 1, items: refer('FilterCondition') }, refer('FilterPolicy')]
      }
    },
    FilterCondition: {
      title: 'Filter condition',
      description: 'A value, or an object with one operator.',
      anyOf: [
        { type: ['string', 'number', 'boolean', 'null'] },
        only('prefix', text),
        only('suffix', text),
        only('equals-ignore-case', text),
        only('anything-but', {
          anyOf: [
            numberOrText,
            { type: 'array', minItems: 1, items: numberOrText },
            only('prefix', texts),
            only('suffix', texts),
            only('equals-ignore-case', texts)
          ]
        }),
        only('exists', { type: 'boolean' }),
        only('numeric', {
          type: 'array',
          description: 'One or two comparisons, such as `[">=", 1, "<", 10]`. All of them must hold.',
          minItems: 2,
          maxItems: 4,
          items: { anyOf: [{ enum: ['=', '<', '<=', '>', '>='] }, { type: 'number' }] }
        })
      ]
    }
  }
}
