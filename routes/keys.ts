import type { SwaggerTransform } from '@fastify/swagger'
import type { FastifyContextConfig, FastifyRequest, FastifySchema } from 'fastify'
import { UnauthorizedError } from '../lib/errors.ts'
import type { Identity } from '../lib/instances/api-keys.ts'
import { saying } from '../lib/message-code.ts'
import { type FilterComponent, filterComponents, withComponents } from '../lib/schemas/filter-policy.ts'

/** The keys that authorize a route: `everyone` needs none, `any` is the global key or the token of any instance. */
export interface KeyRule {
  readonly allow: 'everyone' | 'global' | 'instance' | 'any'
  /** True if the key may also be in the query, as `?apikey=`, for hubs that cannot set headers. */
  readonly inQuery: boolean
  /** Returns true if the handler checks the key of a request, by the rules of sockets. */
  readonly byHandler: (request: FastifyRequest) => boolean
}

/** Members of a route's `config` and of requests. Symbols, so that they cannot collide with members of a host. */
export const KEY_RULE = Symbol('fastify-instance-events.key-rule')
export const IDENTITY = Symbol('fastify-instance-events.identity')

declare module 'fastify' {
  interface FastifyContextConfig {
    [KEY_RULE]?: KeyRule
  }
  interface FastifyRequest {
    [IDENTITY]: Identity | null
  }
}

/** The error of a request that its key does not authorize. */
export function keyRefused(message = 'The key does not authorize this request'): UnauthorizedError {
  return saying(new UnauthorizedError(message), { code: 'keyRefused', values: [] })
}

/** The error of a request without a key. @param inQuery true if the route also accepts the key in the query */
export function keyRequired(inQuery: boolean): UnauthorizedError {
  return keyRefused(`A key is required: ${keyPlaces(inQuery)}`)
}

/** Names the places where a request may have its key. */
export function keyPlaces(inQuery: boolean): string {
  return `header apikey, or Authorization: Bearer${inQuery ? ', or ?apikey=' : ''}`
}

/** Security schemes for OpenAPI. Their names are prefixed, since a host's own document may have a `bearer`. */
export const SECURITY_SCHEMES = {
  instanceEventsKey: { type: 'apiKey', in: 'header', name: 'apikey' },
  instanceEventsBearer: { type: 'http', scheme: 'bearer' },
  instanceEventsKeyInQuery: { type: 'apiKey', in: 'query', name: 'apikey' }
} as const

/** The bearer scheme for Swagger 2.0, which has no type for it. */
const BEARER_HEADER = { type: 'apiKey', in: 'header', name: 'authorization' } as const

const DESCRIPTIONS: Record<KeyRule['allow'], string> = {
  everyone: 'Key: none is needed.',
  global: 'Key: the global key.',
  instance: 'Key: the global key, or the token of the instance in the path.',
  any: 'Key: the global key, or the token of any instance.'
}

const filterReference = (component: FilterComponent) => ({ $ref: `#/components/schemas/InstanceEvents${component}` })
const { FilterPolicy, FilterCondition } = filterComponents(filterReference)
/** Schemas of filters for OpenAPI, prefixed for the same reason. */
const FILTER_SCHEMAS = { InstanceEventsFilterPolicy: FilterPolicy, InstanceEventsFilterCondition: FilterCondition }

/**
 * Returns the `config` of a route with the keys that authorize it. plugins/auth.ts checks them, and @fastify/swagger, ours or
 * the host's, describes them: a route's `swaggerTransform` replaces a host's own `transform`, which may expect other schemas.
 */
export function authorize(
  allow: KeyRule['allow'],
  { inQuery = false, byHandler = () => false }: Partial<Omit<KeyRule, 'allow'>> = {}
): FastifyContextConfig {
  const { instanceEventsKey, instanceEventsBearer, instanceEventsKeyInQuery } = SECURITY_SCHEMES
  const guarded = allow !== 'everyone'
  const keys = { ...(guarded && { instanceEventsKey }), ...(inQuery && { instanceEventsKeyInQuery }) }
  const schemes = { ...keys, ...(guarded && { instanceEventsBearer }) }
  const described = { security: Object.keys(schemes).map((name) => ({ [name]: [] })), description: DESCRIPTIONS[allow] }
  const swaggerTransform: SwaggerTransform = ({ schema, url, ...document }) => {
    if ('openapiObject' in document) {
      const components = (document.openapiObject.components ??= {})
      components.securitySchemes = { ...components.securitySchemes, ...schemes }
      components.schemas = { ...components.schemas, ...FILTER_SCHEMAS }
      return { schema: { ...(withComponents(schema, filterReference) as FastifySchema), ...described }, url }
    }
    const { swaggerObject } = document
    const bearer = guarded && { instanceEventsBearer: BEARER_HEADER }
    swaggerObject.securityDefinitions = { ...swaggerObject.securityDefinitions, ...keys, ...bearer }
    return { schema: { ...(schema as FastifySchema), ...described }, url }
  }
  return { [KEY_RULE]: { allow, inQuery, byHandler }, swaggerTransform }
}

/** Returns the owner of the request's key; `null` on routes that need none. */
export function identityOf(request: FastifyRequest): Identity | null {
  return request[IDENTITY]
}

/**
 * An option of what is done by name: for the holder of a token, the key of its instance. The token may be revoked before it is
 * done, and is for no later instance with the name.
 */
export function onlyForHolder(request: FastifyRequest): { onlyFor?: number } {
  const identity = identityOf(request)
  return identity?.kind === 'instance' ? { onlyFor: identity.instance.key } : {}
}
