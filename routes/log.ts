import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UnauthorizedError, ValidationError } from '../lib/errors.ts'
import { Arrivals } from '../lib/event-log/arrivals.ts'
import { type EventPage as Page, readEventPage } from '../lib/event-log/page.ts'
import type { EventCatalogue } from '../lib/events/catalogue.ts'
import { socketMessage } from '../lib/events/messages.ts'
import { checkFilter } from '../lib/filters/event-filter.ts'
import type { Identity } from '../lib/instances/api-keys.ts'
import { sameToken } from '../lib/instances/instance.ts'
import { errorReplies } from '../lib/schemas/error-replies.ts'
import { EventPage, EventPageQuery } from '../lib/schemas/event-page.ts'
import { InstanceParams } from '../lib/schemas/instances.ts'
import '../plugins/event-log.ts'
import { parseFilter } from './filter-query.ts'
import { authorize, identityOf } from './keys.ts'
import { UnreadPages } from './unread-pages.ts'

type Request = FastifyRequest<{ Querystring: EventPageQuery }>

/** `GET /events`, `GET /events/:instance` */
const logRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventLog } = fastify
  const arrivals = new Arrivals(eventLog.store.log)
  const unread = new UnreadPages()
  const unwatch = eventLog.watchInstances(({ before }) => arrivals.changed(before))
  fastify.addHook('preClose', async () => {
    unwatch()
    arrivals.close()
  })

  fastify.get('/events', {
    config: authorize('global'),
    schema: {
      operationId: 'readEvents',
      tags: ['events'],
      summary: 'Read the log of all instances, oldest or newest first, or wait for its next event',
      querystring: EventPageQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 429, 503) }
    },
    handler: async (request, reply) => send(await read(request, reply), request.query, reply)
  })

  fastify.get('/events/:instance', {
    config: authorize('instance'),
    schema: {
      operationId: 'readInstanceEvents',
      tags: ['events'],
      summary: 'Read the log of an instance, oldest or newest first, or wait for its next event',
      params: InstanceParams,
      querystring: EventPageQuery,
      response: { 200: EventPage, ...errorReplies(400, 401, 404, 429, 503) }
    },
    handler: async (request, reply) => send(await read(request, reply, request.params.instance), request.query, reply)
  })

  /** Reads a page. If it is empty and the query has `wait`, waits for the next event first. */
  async function read(request: Request, reply: FastifyReply, instance?: string): Promise<Page> {
    const { after, before, limit, events: listed, filter, log, wait = 0 } = request.query
    if (after !== undefined && before !== undefined)
      throw new ValidationError('querystring.after and querystring.before exclude each other: send one of them')
    if (wait > 0 && before !== undefined)
      throw new ValidationError('querystring.wait goes with querystring.after, not with querystring.before')
    const { instances, store } = eventLog
    const catalogue = instance === undefined ? eventLog.catalogue : eventLog.catalogueOf(instance)
    const events = listed === undefined ? undefined : eventNames(listed, catalogue)
    const options = {
      events,
      filter: filter === undefined ? undefined : checkFilter(parseFilter(filter), 'querystring.filter', catalogue),
      before: before === undefined || before === 'latest' ? (before as 'latest' | undefined) : Number(before),
      limit
    }
    const readPage = (position: number, instanceKey: number | undefined, log?: string) =>
      readEventPage(store.log, { ...options, instanceKey, after: position, log })
    const keyNow = () => (instance === undefined ? undefined : instances.require(instance).key)
    if (wait === 0) return readPage(after ?? 0, keyNow(), log)

    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(wait * 1_000)])
    let position = after ?? 0
    let of = log
    let page: Page | undefined
    while (!page) {
      const instanceKey = keyNow()
      const { arrived, end } = arrivals.begin({ instanceKey, events }, signal)
      try {
        const read = await readPage(position, instanceKey, of)
        position = read.next
        of = read.log
        if (read.events.length > 0 || read.more || !read.complete || signal.aborted || arrivals.closed) page = read
        else await arrived
      } finally {
        end()
      }
      assertStillAuthorized(request)
    }
    return page
  }

  /** @throws {UnauthorizedError} the token was replaced, or its instance deleted, while the request waited */
  function assertStillAuthorized(request: Request): void {
    // Both routes need a key.
    const identity = identityOf(request) as Identity
    if (identity.kind !== 'instance') return
    const { instance } = identity
    const now = eventLog.instances.get(instance.name)
    if (!now || !sameToken(now, instance)) throw new UnauthorizedError('The key no longer authorizes this request')
  }

  function send(
    { events, next, more, log, complete }: Page,
    { before }: EventPageQuery,
    reply: FastifyReply
  ): FastifyReply {
    const position = before === undefined ? 'after' : 'before'
    // The messages are JSON already; as a string they are not serialised again.
    const body = `{"events":[${events.map(socketMessage).join(',')}],"${position}":${next},"more":${more},"log":${JSON.stringify(log)}${before === undefined ? `,"complete":${complete}` : ''}}`
    unread.add(body, reply)
    return reply.type('application/json; charset=utf-8').send(body)
  }
}

/** Returns the names of a list without repeats: each event that is read is compared with all of them. */
function eventNames(list: string, catalogue: EventCatalogue): string[] {
  return [...new Set(list.split(',').map((name) => catalogue.get(name.trim()).name))]
}

export default logRoutes
