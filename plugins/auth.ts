import type { FastifyPluginAsync, FastifyRequest, preHandlerHookHandler, preParsingHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { ApiKeys } from '../lib/instances/api-keys.ts'
import { TooManyRequestsError } from '../lib/errors.ts'
import { BLOCKED, type WrongKeys } from '../lib/instances/wrong-keys.ts'
import { saying } from '../lib/message-code.ts'
import { IDENTITY, KEY_RULE, keyRefused, keyRequired, type KeyRule } from '../routes/keys.ts'
import './event-log.ts'

export interface AuthOptions {
  /** The global key. */
  apiKey: string
  /** The previous global key, accepted as well. */
  previousApiKey?: string | undefined
}

/**
 * Checks keys on the routes of a scope, by the rule in their `config`. An address that has tried too many wrong keys is
 * refused with any key, except one that its connection has used before. The check is the last hook before the body is
 * read: the host's own `onRequest` and `preParsing` hooks run first, so that a rate limit counts wrong keys, too. A body
 * may take minutes, so the last hook before the handler checks that the key is still valid.
 */
const authPlugin: FastifyPluginAsync<AuthOptions> = async (fastify, { apiKey, previousApiKey }) => {
  const { instances, wrongKeys } = fastify.eventLog
  const keys = new ApiKeys({ globalKey: apiKey, previousKey: previousApiKey, instances })

  fastify.decorateRequest(IDENTITY, null)
  const recheck = rechecker(keys)
  // Plugins such as @fastify/rate-limit add hooks to each route. This hook is registered later, so the checks run after them.
  fastify.addHook('onRoute', (route) => {
    const rule = route.config?.[KEY_RULE]
    if (!rule || rule.allow === 'everyone') return
    route.preParsing = [route.preParsing ?? [], checker({ keys, wrongKeys }, rule)].flat()
    route.preHandler = [route.preHandler ?? [], recheck].flat()
  })
}

function checker(
  { keys, wrongKeys }: { keys: ApiKeys; wrongKeys: WrongKeys },
  { allow, inQuery, byHandler }: KeyRule
): preParsingHookHandler {
  return (request, reply, _payload, done) => {
    if (byHandler(request)) return done()
    // The answer depends on the key: a cache must not give it to others.
    reply.header('cache-control', 'no-store')
    const key = keyOf(request, inQuery)
    if (key === undefined) return done(keyRequired(inQuery))
    const connection = request.raw.socket
    // Fastify's type leaves out that a connection that is gone has no address.
    const address = (request.ip as string | undefined) ?? ''
    const presented = { connection, address, key }
    const known = keys.knownOn(presented)
    const retryAfterMs = known ? 0 : wrongKeys.blockedMs(address)
    if (retryAfterMs > 0) {
      // Several clients may share the connection of a proxy: none may try keys until it meets that of another.
      keys.forgetOn(connection)
      return done(saying(new TooManyRequestsError(BLOCKED), { code: 'wrongKeys', values: [] }, { retryAfterMs }))
    }
    const identity = known ?? keys.identifyOn(presented)
    const { instance } = request.params as { instance?: string }
    const passes =
      identity?.kind === 'global' ||
      (identity?.kind === 'instance' &&
        (allow === 'any' || (allow === 'instance' && identity.instance.name === instance)))
    if (!passes) {
      wrongKeys.count(address, key)
      return done(keyRefused())
    }
    request[IDENTITY] = identity
    done()
  }
}

/** Refuses a request whose key was valid when its body began to arrive, and is not any more. */
function rechecker(keys: ApiKeys): preHandlerHookHandler {
  return (request, _reply, done) => {
    const identity = request[IDENTITY]
    // Without one, the handler checks the key.
    if (identity === null || keys.isStillValid(identity)) return done()
    request[IDENTITY] = null
    done(keyRefused())
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
