import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RouteNotFoundError } from '../lib/errors.ts'
import type { Hub, HubName } from '../lib/hubs/hub.ts'
import '../plugins/event-log.ts'

/** Returns parts of the route for a hub's webhooks. Unless the server has the hub, the route answers 404 and is not documented. */
export function receivedHub(fastify: FastifyInstance, { name, title }: Pick<Hub, 'title'> & { name: HubName }) {
  if (fastify.eventLog.catalogue.hubs.includes(name)) return { hidden: {}, refusal: {} }
  return {
    /** Part of the schema: keeps the route out of the OpenAPI document. */
    hidden: { hide: true },
    refusal: {
      // After the check of the key, which comes before everything else.
      preValidation: async ({ method, url }: FastifyRequest) => {
        const advice = `: this server does not accept webhooks of ${title}; add "${name}" to its hubs`
        throw new RouteNotFoundError(method, url.replace(/[?#].*/, ''), advice)
      }
    }
  }
}
