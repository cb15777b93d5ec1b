import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { ValidationError } from '../lib/errors.ts'
import { readEventPage } from '../lib/event-log/page.ts'
import { socketMessage } from '../lib/events/messages.ts'
import { errorReplies, InstanceParams } from '../lib/schemas/replies.ts'
import '../plugins/event-log.ts'
import { opensTo } from './keys.ts'

const Offset = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

const PageQuery = Type.Object({
  after: Type.Optional(Type.Integer({ ...Offset, description: 'Oldest first, after this offset. 0 if absent.' })),
  before: Type.Optional(
    Type.String({
      pattern: '^(latest|[1-9][0-9]{0,15})$',
      description: 'Newest first instead, before this offset; `latest`: from the end of the log.'
    })
  ),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
  events: Type.Optional(Type.String({ description: 'Only these events: names or keys, separated by commas.' }))
})

const EventMessage = Type.Object(
  {
    event: Type.String(),
    instance: Type.String(),
    data: Type.Unknown(),
    server_url: Type.String(),
    date_time: Type.String({ format: 'date-time' }),
    sender: Type.Union([Type.String(), Type.Null()]),
    id: Type.String(),
    offset: Type.Integer()
  },
  { additionalProperties: true }
)

const MESSAGE: Static<typeof EventMessage> = {
  event: 'messages.upsert',
  instance: 'sales',
  data: { message: { conversation: 'Oi, tudo bem?' } },
  server_url: 'https://hub.example.com',
  date_time: '2026-01-31T12:00:00.000Z',
  sender: '5511912345678@s.whatsapp.net',
  id: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
  offset: 4711
}

const PageReply = Type.Object(
  {
    events: Type.Array(EventMessage),
    after: Type.Optional(Type.Integer({ description: 'Pass it as `after` to read on.' })),
    before: Type.Optional(Type.Integer({ description: 'Where `before` was given: pass it as `before` to read on.' })),
    more: Type.Boolean({
      description: 'Whether there may be more now. With `events`, a page may be empty and have more behind it.'
    })
  },
  { examples: [{ events: [MESSAGE], after: MESSAGE.offset, more: false }] }
)

/** `GET /events`, `GET /events/:instance` */
const logRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { eventLog } = fastify

  fastify.get('/events', {
    config: opensTo('global'),
    schema: {
      operationId: 'readEvents',
      tags: ['events'],
      summary: 'Read the log of all instances, oldest or newest first',
      querystring: PageQuery,
      response: { 200: PageReply, ...errorReplies(400, 401, 503) }
    },
    handler: async ({ query }, reply) => send(query, reply)
  })

  fastify.get('/events/:instance', {
    config: opensTo('instance'),
    schema: {
      operationId: 'readInstanceEvents',
      tags: ['events'],
      summary: 'Read the log of an instance, oldest or newest first',
      params: InstanceParams,
      querystring: PageQuery,
      response: { 200: PageReply, ...errorReplies(400, 401, 404, 503) }
    },
    handler: async ({ params, query }, reply) => send(query, reply, eventLog.instances.require(params.instance).key)
  })

  async function send(
    { after, before, limit, events }: Static<typeof PageQuery>,
    reply: FastifyReply,
    instanceKey?: number
  ): Promise<FastifyReply> {
    if (after !== undefined && before !== undefined)
      throw new ValidationError('querystring.after and querystring.before exclude each other: send one of them')
    const page = await readEventPage(eventLog, {
      instanceKey,
      events: events?.split(',').map((name) => eventLog.catalogue.get(name.trim()).name),
      after: after ?? 0,
      before: before === undefined || before === 'latest' ? before : Number(before),
      limit
    })
    const next = before === undefined ? 'after' : 'before'
    // The messages are JSON already; sent as a string they are not written a second time.
    return reply
      .type('application/json; charset=utf-8')
      .send(`{"events":[${page.events.map(socketMessage).join(',')}],"${next}":${page.next},"more":${page.more}}`)
  }
}

export default logRoutes
