import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type EventPage as Page, readEventPage } from '../lib/event-log/page.ts'
import { searchLog, type SearchPage } from '../lib/event-log/search.ts'
import type { EventCatalogue } from '../lib/events/catalogue.ts'
import { socketMessage } from '../lib/events/messages.ts'
import { toUtc } from '../lib/events/utc.ts'
import { checkFilter } from '../lib/filters/event-filter.ts'
import { FairTurns } from '../lib/http/fair-turns.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { EventPage, EventPageOfAllQuery, EventPageQuery } from '../lib/schemas/event-page.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import { DEFAULT_LIMIT } from '../lib/schemas/page-limits.ts'
import { excerpt } from '../lib/text/excerpt.ts'
import '../plugins/event-log.ts'
import { authorize, identityOf } from './keys.ts'
import { excluding, needing, notTime } from './contradictions.ts'
import { longPolls, waits } from './long-polls.ts'
import { parseFilter } from './subscription-query.ts'
import { UnreadPages } from './unread-pages.ts'

type Request = FastifyRequest<{ Querystring: EventPageOfAllQuery }>

/** `GET /events`, `GET /events/:instance`: the log, and with `wait`, what sockets receive. */
const logRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventLog } = fastify
  const unread = new UnreadPages()
  /** Steps of searches. */
  const turns = new FairTurns()
  const poll = longPolls(fastify)

  fastify.get('/events', {
    config: authorize('global', { byHandler: waits }),
    schema: {
      operationId: 'readEvents',
      tags: ['events'],
      summary:
        'Read the log of all instances, oldest or newest first; or in global mode, with `wait`, receive new events',
      querystring: EventPageOfAllQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 409, 503) }
    },
    handler: async (request, reply) => (waits(request) ? poll('/', request, reply) : send(request, reply))
  })

  fastify.get('/events/:instance', {
    config: authorize('instance', { byHandler: waits }),
    schema: {
      operationId: 'readInstanceEvents',
      tags: ['events'],
      summary:
        'Read the log of an instance, oldest or newest first; or with `wait`, receive the events that it has selected for sockets',
      params: InstanceParams,
      querystring: EventPageQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 404, 409, 503) }
    },
    handler: async (request, reply) => {
      const { instance } = request.params
      return waits(request) ? poll(`/${encodeURIComponent(instance)}`, request, reply) : send(request, reply, instance)
    }
  })

  async function send(request: Request, reply: FastifyReply, instance?: string): Promise<FastifyReply> {
    const { events, next, more, log, complete, ...searched } = await read(request, instance)
    const isForward = request.query.before === undefined
    const position = isForward ? 'after' : 'before'
    // The messages are JSON already; as a string they are not serialised again.
    const body = `{"events":[${events.map(socketMessage).join(',')}],"${position}":${next},"more":${more},"log":${JSON.stringify(log)}${isForward ? `,"complete":${complete}` : ''}${'examined' in searched ? `,"examined":${searched.examined},"total":${searched.total}` : ''}}`
    unread.add(body, reply)
    return reply.type('application/json; charset=utf-8').send(body)
  }

  async function read(request: Request, instance: string | undefined): Promise<Page | SearchPage> {
    const { before, limit = DEFAULT_LIMIT, events: listed, filter, search, log, instances: others } = request.query
    const { instances, store } = eventLog
    // Before anything is awaited: later, the name may be that of another instance.
    const known = instance === undefined ? undefined : instances.get(instance)
    const after = await begin(request.query)
    if (after !== undefined && before !== undefined) throw excluding('querystring.after', 'querystring.before')
    if (others !== undefined) throw needing('querystring.instances', 'querystring.wait')
    const catalogue = instance === undefined ? eventLog.catalogue : eventLog.catalogueOf(instance)
    const options = {
      instanceKey: instance === undefined ? undefined : (known ?? instances.require(instance)).key,
      events: listed === undefined ? undefined : eventNames(listed, catalogue),
      filter: filter === undefined ? undefined : checkFilter(parseFilter(filter), 'querystring.filter', catalogue),
      after: after ?? 0,
      log,
      before: before === undefined || before === 'latest' ? (before as 'latest' | undefined) : Number(before),
      limit
    }
    if (search === undefined) return readEventPage(store.log, options)
    const identity = identityOf(request)
    const line = identity?.kind === 'instance' ? identity.instance.name : ''
    const turn = <T>(step: () => Promise<T>) => turns.run({ line, size: Infinity }, step)
    return searchLog(store.log, { ...options, search, turn })
  }

  /** Returns the offset after which a page begins, if the query says it. */
  async function begin({ after, before, at }: EventPageQuery): Promise<number | undefined> {
    if (at === undefined) return after
    if (after !== undefined || before !== undefined) {
      const other = after === undefined ? 'before' : 'after'
      throw excluding('querystring.at', `querystring.${other}`)
    }
    const time = toUtc(at)
    if (time === undefined) throw notTime('querystring.at', excerpt(at))
    return eventLog.store.log.lastBefore(Date.parse(time))
  }
}

/** Returns the names of a list without repeats: each event that is read is compared with all of them. */
function eventNames(list: string, catalogue: EventCatalogue): string[] {
  return [...new Set(list.split(',').map((name) => catalogue.get(name.trim()).name))]
}

export default logRoutes
