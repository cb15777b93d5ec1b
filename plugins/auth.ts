import type { FastifyPluginAsync, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { ApiKeys, type Identity } from '../lib/api-keys.ts'
import { UnauthorizedError } from '../lib/errors.ts'
import eventLogPlugin from './event-log.ts'

export interface AuthOptions {
  /** The global key. */
  apiKey: string
}

export interface AuthenticateOptions {
  /** `global`: the global key alone; `instance`: also the token of the instance in the path; `any`: also any token. */
  allow: 'global' | 'instance' | 'any'
  /** Whether the query's `apikey` counts, for hubs that cannot set headers. @default false */
  inQuery?: boolean
}

/** An `onRequest` hook that lets some keys pass, and says which: what documents say of a route is read from it. */
export type Authenticate = onRequestAsyncHookHandler & Readonly<Required<AuthenticateOptions>>

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes an `onRequest` hook that answers 401 before anything is read or looked up. */
    authenticate: (options: AuthenticateOptions) => Authenticate
  }
  interface FastifyRequest {
    /** Whose key the request bears, once `authenticate` has let it pass. */
    identity: Identity | null
  }
}

const authPlugin: FastifyPluginAsync<AuthOptions> = async (fastify, { apiKey }) => {
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin)
  const keys = new ApiKeys({ globalKey: apiKey, instances: fastify.eventLog.instances })

  fastify.decorateRequest('identity', null)
  fastify.decorate('authenticate', ({ allow, inQuery = false }: AuthenticateOptions): Authenticate => {
    const places = `header apikey, or Authorization: Bearer${inQuery ? ', or ?apikey=' : ''}`
    const hook: onRequestAsyncHookHandler = async (request, reply) => {
      // What is answered is about this key: nobody in between may give it to another.
      reply.header('cache-control', 'no-store')
      const key = keyOf(request, inQuery)
      if (key === undefined) throw new UnauthorizedError(`A key is required: ${places}`)
      const identity = keys.identify(key)
      const { instance } = request.params as { instance?: string }
      const passes =
        identity?.kind === 'global' ||
        (identity?.kind === 'instance' &&
          (allow === 'any' || (allow === 'instance' && identity.instance.name === instance)))
      if (!passes) throw new UnauthorizedError('The key does not open this')
      request.identity = identity
    }
    return Object.assign(hook, { allow, inQuery })
  })
}

function keyOf({ headers, query }: FastifyRequest, inQuery: boolean): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const asked = inQuery ? (query as { apikey?: unknown }).apikey : undefined
  for (const key of [headers.apikey, bearer, asked]) if (typeof key === 'string' && key !== '') return key
  return undefined
}

export default fp(authPlugin, { name: 'auth', fastify: '5.x' })
