import type { FastifyPluginAsync, FastifyRequest, preParsingHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { ApiKeys } from '../lib/instances/api-keys.ts'
import { UnauthorizedError } from '../lib/errors.ts'
import { IDENTITY, KEY_RULE, type KeyRule } from '../routes/keys.ts'
import './event-log.ts'

export interface AuthOptions {
  /** The global key. */
  apiKey: string
  /** The previous global key, accepted as well. */
  previousApiKey?: string | undefined
}

/**
 * Checks keys on the routes of a scope, by the rule in their `config`. The check is the last hook before the body is read:
 * the host's own `onRequest` and `preParsing` hooks run first, so that a rate limit counts wrong keys, too.
 */
const authPlugin: FastifyPluginAsync<AuthOptions> = async (fastify, { apiKey, previousApiKey }) => {
  const { instances } = fastify.eventLog
  const keys = new ApiKeys({ globalKey: apiKey, previousKey: previousApiKey, instances })

  fastify.decorateRequest(IDENTITY, null)
  // Plugins such as @fastify/rate-limit add hooks to each route. This hook is registered later, so the check runs after them.
  fastify.addHook('onRoute', (route) => {
    const rule = route.config?.[KEY_RULE]
    if (rule && rule.allow !== 'everyone' && !rule.byHandler)
      route.preParsing = [route.preParsing ?? [], checker(keys, rule)].flat()
  })
}

function checker(keys: ApiKeys, { allow, inQuery }: KeyRule): preParsingHookHandler {
  const places = `header apikey, or Authorization: Bearer${inQuery ? ', or ?apikey=' : ''}`
  return (request, reply, _payload, done) => {
    // The answer depends on the key: a cache must not give it to others.
    reply.header('cache-control', 'no-store')
    const key = keyOf(request, inQuery)
    if (key === undefined) return done(new UnauthorizedError(`A key is required: ${places}`))
    const identity = keys.identifyOn(request.raw.socket, key)
    const { instance } = request.params as { instance?: string }
    const passes =
      identity?.kind === 'global' ||
      (identity?.kind === 'instance' &&
        (allow === 'any' || (allow === 'instance' && identity.instance.name === instance)))
    if (!passes) return done(new UnauthorizedError('The key does not authorize this request'))
    request[IDENTITY] = identity
    done()
  }
}

function keyOf({ headers, query }: FastifyRequest, inQuery: boolean): string | undefined {
  if (typeof headers.apikey === 'string' && headers.apikey !== '') return headers.apikey
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const asked = inQuery ? (query as { apikey?: unknown }).apikey : undefined
  for (const key of [bearer, asked]) if (typeof key === 'string' && key !== '') return key
  return undefined
}

export default fp(authPlugin, { name: 'fastify-instance-events/auth', fastify: '5.x' })
