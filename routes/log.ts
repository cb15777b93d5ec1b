import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { ValidationError } from '../lib/errors.ts'
import { readEventPage } from '../lib/event-log/page.ts'
import { socketMessage } from '../lib/events/messages.ts'
import type { EventCatalogue } from '../lib/events/catalogue.ts'
import type { Instance } from '../lib/instances/instance.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { EventPage, EventPageQuery } from '../lib/schemas/event-page.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import '../plugins/event-log.ts'
import { authorize } from './keys.ts'

/** `GET /events`, `GET /events/:instance` */
const logRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventLog } = fastify

  fastify.get('/events', {
    config: authorize('global'),
    schema: {
      operationId: 'readEvents',
      tags: ['events'],
      summary: 'Read the log of all instances, oldest or newest first',
      querystring: EventPageQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 503) }
    },
    handler: async ({ query }, reply) => send(query, reply)
  })

  fastify.get('/events/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'readInstanceEvents',
      tags: ['events'],
      summary: 'Read the log of an instance, oldest or newest first',
      params: InstanceParams,
      querystring: EventPageQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 404, 503) }
    },
    handler: async ({ params, query }, reply) => send(query, reply, eventLog.instances.require(params.instance))
  })

  /** The names of a list, each once: every event of the log is compared with them. */
  function eventNames(list: string, catalogue: EventCatalogue): string[] {
    return [...new Set(list.split(',').map((name) => catalogue.get(name.trim()).name))]
  }

  async function send(
    { after, before, limit, events }: EventPageQuery,
    reply: FastifyReply,
    instance?: Instance
  ): Promise<FastifyReply> {
    if (after !== undefined && before !== undefined)
      throw new ValidationError('querystring.after and querystring.before exclude each other: send one of them')
    const catalogue = instance ? eventLog.catalogueOf(instance.name) : eventLog.catalogue
    const page = await readEventPage(eventLog.store.log, {
      instanceKey: instance?.key,
      events: events === undefined ? undefined : eventNames(events, catalogue),
      after: after ?? 0,
      before: before === undefined || before === 'latest' ? before : Number(before),
      limit
    })
    const next = before === undefined ? 'after' : 'before'
    // The messages are JSON already; as a string they are not serialised again.
    return reply
      .type('application/json; charset=utf-8')
      .send(`{"events":[${page.events.map(socketMessage).join(',')}],"${next}":${page.next},"more":${page.more}}`)
  }
}

export default logRoutes
