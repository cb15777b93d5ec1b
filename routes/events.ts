import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { eventSize, socketMessage } from '../lib/messages.ts'
import { EventBody } from '../lib/schemas/event-input.ts'
import { EmitReply, errorReplies, InstanceParams } from '../lib/schemas/replies.ts'
import '../plugins/auth.ts'
import '../plugins/event-store.ts'

const MAX_EVENTS = 1_000
const PAGE_MAX_CHARACTERS = 8 * 1_048_576

export interface EventRoutesOptions {
  bodyLimit: number
}

const EventsBody = Type.Unsafe<EventBody | EventBody[]>({
  description: `One event, or an array of up to ${MAX_EVENTS}: all are accepted, or none.`,
  if: { type: 'array' },
  then: Type.Array(EventBody, { minItems: 1, maxItems: MAX_EVENTS }),
  else: EventBody,
  examples: [{ event: 'messages.upsert', data: { message: { conversation: 'Oi, tudo bem?' } } }]
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

/** `POST /events/:instance`, `GET /events/:instance` */
const eventRoutes: FastifyPluginAsyncTypebox<EventRoutesOptions> = async (fastify, { bodyLimit }) => {
  const eventLog = fastify.eventStore
  const onRequest = fastify.authenticate({ allow: 'instance' })

  fastify.post('/events/:instance', {
    onRequest,
    bodyLimit,
    schema: {
      tags: ['events'],
      summary: 'Take in events; answered when they are durable',
      params: InstanceParams,
      body: EventsBody,
      response: { 202: Type.Union([EmitReply, Type.Array(EmitReply)]), ...errorReplies(400, 401, 404, 413, 415, 503) }
    },
    handler: async ({ params: { instance }, body }, reply) => {
      reply.code(202)
      if (!Array.isArray(body)) return eventLog.accept({ ...body, instance })
      return eventLog.acceptAll(body.map((event) => ({ ...event, instance })))
    }
  })

  fastify.get('/events/:instance', {
    onRequest,
    schema: {
      tags: ['events'],
      summary: 'Read the log, oldest first',
      params: InstanceParams,
      querystring: Type.Object({
        after: Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          default: 0,
          description: 'Only events after this offset.'
        }),
        limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
        events: Type.Optional(Type.String({ description: 'Only these events: names or keys, separated by commas.' }))
      }),
      response: {
        200: Type.Object({
          events: Type.Array(EventMessage),
          after: Type.Integer({ description: 'Pass it as `after` to read on.' }),
          more: Type.Boolean({ description: 'Whether there is more to read now.' })
        }),
        ...errorReplies(400, 401, 404)
      }
    },
    handler: async ({ params, query: { after, limit, events } }, reply) => {
      const { key } = eventLog.instances.require(params.instance)
      const names = events?.split(',').map((name) => eventLog.catalogue.get(name.trim()).name)
      const page = await eventLog.store.read({
        instanceKey: key,
        ...(names && { events: names }),
        after,
        limit: limit + 1,
        maxBytes: PAGE_MAX_CHARACTERS
      })
      const more = page.length > limit || page.reduce((sum, event) => sum + eventSize(event), 0) >= PAGE_MAX_CHARACTERS
      const shown = page.slice(0, limit)
      const next = shown.at(-1)?.offset ?? after
      // The messages are JSON already; sent as a string they are not written a second time.
      return reply
        .type('application/json; charset=utf-8')
        .send(`{"events":[${shown.map(socketMessage).join(',')}],"after":${next},"more":${more}}` as never)
    }
  })
}

export default eventRoutes
