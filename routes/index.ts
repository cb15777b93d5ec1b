import type { FastifyPluginAsync } from 'fastify'
import { BodyIntake } from '../lib/http/body-intake.ts'
import { DESCRIBED_HUBS } from '../lib/hubs/described-hubs.ts'
import { Readiness } from '../lib/operation/readiness.ts'
import { Rejections } from '../lib/operation/rejections.ts'
import auth from '../plugins/auth.ts'
import { useConventions } from './conventions.ts'
import backlog from './backlog.ts'
import deadLetters from './dead-letters.ts'
import erasure from './erasure.ts'
import eventOutcome from './event-outcome.ts'
import events from './events.ts'
import health from './health.ts'
import hubWebhook from './hub-webhook.ts'
import instances from './instances.ts'
import log from './log.ts'
import metrics from './metrics.ts'
import overviewTables from './overview-tables.ts'
import queues from './queues.ts'
import selections from './selections.ts'
import server from './server.ts'
import streams from './streams.ts'
import { logTraces } from './trace.ts'
import webhook from './webhook.ts'

export interface RoutesOptions {
  apiKey: string
  previousApiKey: string | undefined
  docs: boolean
  console: boolean
  environment: string | undefined
  bodyLimit: number
  bodiesLimit: number
  /** Secrets of hubs that sign their webhooks. */
  hmacKeys: { readonly [hub: string]: string | undefined }
  webhookDerivedIds: boolean
  webhookUnknownEvents: 'accept' | 'refuse'
}

/** All routes, in a scope of their own: a host app's parsers, validators and error handlers do not change. */
const routes: FastifyPluginAsync<RoutesOptions> = async (fastify, options) => {
  const { apiKey, previousApiKey, docs, bodyLimit, bodiesLimit, hmacKeys } = options
  const intake = new BodyIntake(bodiesLimit)
  const rejections = new Rejections()
  useConventions(fastify)
  logTraces(fastify)
  await fastify.register(auth, { apiKey, previousApiKey })
  const readiness = new Readiness({
    store: fastify.eventLog.store,
    sqs: fastify.hasDecorator('sqs') ? fastify.sqs : undefined,
    websocket: fastify.hasDecorator('websocket')
  })
  if (docs) {
    const openApi = !fastify.hasDecorator('swagger')
    if (openApi) await (await import('./docs.ts')).describeRoutes(fastify)
    await fastify.register((await import('./asyncapi.ts')).default, { openApi })
  }
  await fastify.register(selections, {
    transport: 'sqs',
    summary: 'Select the events of an instance that go to its own SQS queues; the reply is sent when the queues exist',
    emitter: fastify.hasDecorator('sqs') ? fastify.sqs : undefined
  })
  await fastify.register(selections, {
    transport: 'websocket',
    summary: 'Select the events of an instance that its Socket.IO namespace carries',
    emitter: fastify.hasDecorator('websocket') ? fastify.websocket : undefined
  })
  await fastify.register(queues)
  await fastify.register(deadLetters)
  await fastify.register(instances)
  await fastify.register(backlog)
  await fastify.register(events, { bodyLimit, intake, rejections })
  await fastify.register(log)
  await fastify.register(eventOutcome)
  await fastify.register(erasure)
  await fastify.register(streams)
  const { webhookDerivedIds: derivedIds, webhookUnknownEvents: unknownEvents } = options
  const webhooks = { bodyLimit, intake, rejections, derivedIds, unknownEvents }
  await fastify.register(webhook, webhooks)
  for (const hub of DESCRIBED_HUBS)
    await fastify.register(hubWebhook, { hub, hmacKey: hmacKeys[hub.name], ...webhooks })
  await fastify.register(server, { readiness, rejections, environment: options.environment })
  await fastify.register(overviewTables)
  await fastify.register(health, { readiness })
  await fastify.register(metrics)
  if (options.console) await fastify.register((await import('./console.ts')).default)
}

export default routes
