import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { AppOptions } from './lib/schemas/options/app.ts'
import { optionsChecker } from './lib/schemas/options/checker.ts'
import eventLog from './plugins/event-log.ts'
import instanceEvents from './plugins/instance-events.ts'
import { requestWithoutKey } from './routes/conventions.ts'
import routes from './routes/index.ts'

export type * from './lib/public-types.ts'
export type { OnInstanceEvent } from './plugins/instance-events.ts'
export * as errors from './lib/errors.ts'

const checkOptions = optionsChecker('instance-events', AppOptions)

/** The root plugin: registers the event log, the transports, the hook and the routes. */
const app: FastifyPluginAsync<AppOptions> = async (fastify, options) => {
  const {
    apiKey,
    previousApiKey,
    prefix = '',
    docs = true,
    console = true,
    environment,
    bodyLimit = 10 * 1_048_576,
    bodiesLimit = 160 * 1_048_576,
    hmacKeys = {},
    webhookDerivedIds = true,
    webhookUnknownEvents = 'accept',
    ...parts
  } = checkOptions(options)
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLog, parts.eventLog ?? {})
  // Imported here, so that a transport that is left out is not loaded.
  if (parts.sqs !== false) await fastify.register((await import('./plugins/sqs.ts')).default, parts.sqs ?? {})
  if (parts.websocket !== false) {
    const { default: websocket } = await import('./plugins/websocket.ts')
    await fastify.register(websocket, { apiKey, ...(previousApiKey && { previousApiKey }), ...parts.websocket })
  }
  await fastify.register(instanceEvents)
  // Fastify's types require a string, but its loggers accept objects, as its own serializers return them.
  const req = requestWithoutKey as unknown as (request: FastifyRequest) => string
  await fastify.register(routes, {
    prefix,
    apiKey,
    previousApiKey,
    docs,
    console,
    environment,
    bodyLimit,
    bodiesLimit,
    hmacKeys,
    webhookDerivedIds,
    webhookUnknownEvents,
    logSerializers: { req }
  })
}

export default fp(app, { name: 'fastify-instance-events', fastify: '5.x' })
