import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RouteNotFoundError } from '../lib/errors.ts'
import type { Hub, HubName } from '../lib/hubs/hub.ts'
import '../plugins/event-log.ts'

/** Parts of a route for webhooks of a hub, which answers 404 if the hub is not among those of the server. */
export function receivedHub(fastify: FastifyInstance, { name, title }: Pick<Hub, 'title'> & { name: HubName }) {
  if (fastify.eventLog.catalogue.hubs.includes(name)) return { hidden: {}, refusal: {} }
  return {
    /** Part of the schema: the route is not in the document. */
    hidden: { hide: true },
    refusal: {
      // After the check of the key, which comes before everything else.
      preValidation: async ({ method, url }: FastifyRequest) => {
        const advice = `: this server does not know the events of ${title}; add "${name}" to its hubs`
        throw new RouteNotFoundError(method, url.replace(/[?#].*/, ''), advice)
      }
    }
  }
}
