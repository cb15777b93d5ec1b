import type { SwaggerTransform } from '@fastify/swagger'
import type { FastifyContextConfig, FastifyRequest, FastifySchema } from 'fastify'
import type { Identity } from '../lib/instances/api-keys.ts'

/** Who may call a route: `everyone` needs no key, `any` is the global key or the token of any instance. */
export interface KeyRule {
  readonly allow: 'everyone' | 'global' | 'instance' | 'any'
  /** Whether the key may also be in the query, as `?apikey=`, for hubs that cannot set headers. */
  readonly inQuery: boolean
}

/** Where a route's rule is in its `config`, and a request's identity: symbols, so that no host app meets them. */
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

/** The keys as OpenAPI names them; the names are ours alone, since a host's own document may have a `bearer`. */
export const SECURITY_SCHEMES = {
  instanceEventsKey: { type: 'apiKey', in: 'header', name: 'apikey' },
  instanceEventsBearer: { type: 'http', scheme: 'bearer' },
  instanceEventsKeyInQuery: { type: 'apiKey', in: 'query', name: 'apikey' }
} as const

/** For Swagger 2.0, which knows no bearer. */
const BEARER_HEADER = { type: 'apiKey', in: 'header', name: 'authorization' } as const

const DESCRIPTIONS: Record<KeyRule['allow'], string> = {
  everyone: 'Open: no key is needed.',
  global: 'Key: the global one.',
  instance: 'Key: the global one, or the token of the instance in the path.',
  any: 'Key: the global one, or the token of any instance.'
}

/**
 * A route's `config`: who may call it. plugins/auth.ts enforces it, and @fastify/swagger, ours or the host's, describes it:
 * `swaggerTransform` is preferred to a host's own `transform`, which may know other schemas than JSON Schema.
 */
export function opensTo(allow: KeyRule['allow'], { inQuery = false } = {}): FastifyContextConfig {
  const { instanceEventsKey, instanceEventsBearer, instanceEventsKeyInQuery } = SECURITY_SCHEMES
  const guarded = allow !== 'everyone'
  const keys = { ...(guarded && { instanceEventsKey }), ...(inQuery && { instanceEventsKeyInQuery }) }
  const schemes = { ...keys, ...(guarded && { instanceEventsBearer }) }
  const described = { security: Object.keys(schemes).map((name) => ({ [name]: [] })), description: DESCRIPTIONS[allow] }
  const swaggerTransform: SwaggerTransform = ({ schema, url, ...document }) => {
    if ('openapiObject' in document) {
      const components = (document.openapiObject.components ??= {})
      components.securitySchemes = { ...components.securitySchemes, ...schemes }
    } else {
      const { swaggerObject } = document
      const bearer = guarded && { instanceEventsBearer: BEARER_HEADER }
      swaggerObject.securityDefinitions = { ...swaggerObject.securityDefinitions, ...keys, ...bearer }
    }
    return { schema: { ...(schema as FastifySchema), ...described }, url }
  }
  return { [KEY_RULE]: { allow, inQuery }, swaggerTransform }
}

/** Whose key the request bears; `null` where no key is needed. */
export function identityOf(request: FastifyRequest): Identity | null {
  return request[IDENTITY]
}
