import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Server } from 'socket.io'
import { ApiKeys } from '../lib/instances/api-keys.ts'
import { AlreadyRegisteredError, SocketIoTakenError } from '../lib/errors.ts'
import { WebsocketOptions } from '../lib/schemas/options/websocket.ts'
import { optionsChecker } from '../lib/schemas/options/checker.ts'
import { Admission } from '../lib/websocket/admission.ts'
import { AllowedHosts } from '../lib/websocket/allowed-hosts.ts'
import { Audiences } from '../lib/websocket/audiences.ts'
import { Connections } from '../lib/websocket/connections.ts'
import { WebsocketEmitter } from '../lib/websocket/emitter.ts'
import { Gate } from '../lib/websocket/gate.ts'
import { attachHttpClients } from '../lib/websocket/http-clients.ts'
import { Hub } from '../lib/websocket/hub.ts'
import { peerAddress } from '../lib/websocket/peer-address.ts'
import { SocketFaults } from '../lib/websocket/socket-faults.ts'
import { Polls } from '../lib/websocket/polls.ts'
import { Streams } from '../lib/websocket/streams.ts'
import eventLogPlugin from './event-log.ts'
import { registerSocketIo } from './socket-io.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sends events to Socket.IO clients and selects them: `emit`, `set`, `find`. */
    websocket: WebsocketEmitter
    /** The Socket.IO server, made by fastify-socket.io. */
    io: Server
  }
}

export type { WebsocketEmitter, WebsocketOptions }

const checkOptions = optionsChecker('websocket', WebsocketOptions)

const websocketPlugin: FastifyPluginAsync<WebsocketOptions> = async (fastify, options) => {
  if (fastify.hasDecorator('websocket')) throw new AlreadyRegisteredError('websocket', 'websocket')
  if (fastify.hasDecorator('io')) throw new SocketIoTakenError()
  const {
    apiKey,
    previousApiKey,
    globalEvents = false,
    allowedHosts = [],
    corsOrigin = '*',
    path = '/socket.io',
    maxBufferedBytes = 4 * 1_048_576,
    maxBufferedBytesTotal = 64 * 1_048_576,
    stalledAfterMs = 30_000,
    maxSocketsPerInstance = 10_000,
    maxSocketsPerAddress = 20_000,
    trustProxy = [],
    ...rest
  } = checkOptions(options)
  const hosts = new AllowedHosts(allowedHosts, corsOrigin === '*' ? [] : corsOrigin)
  const addressOf = peerAddress(trustProxy)
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin, rest.eventLog ?? {})
  const { eventLog } = fastify
  const log = fastify.log.child({ component: 'websocket' })

  const { instances, catalogue, metrics, store } = eventLog
  const catalogueOf = (name: string | undefined) => (name === undefined ? catalogue : eventLog.catalogueOf(name))

  const connections = new Connections({
    peerAddress: addressOf,
    maxPerAddress: maxSocketsPerAddress,
    refused: (refusal) => gate.refused(refusal)
  })
  await registerSocketIo(fastify, { path, corsOrigin, connections })
  const { io } = fastify
  const audiences = new Audiences({ catalogueOf, instances, globalEvents })
  const hub = new Hub({
    logStore: store.log,
    audiences,
    metrics,
    maxBufferedBytes,
    maxBufferedBytesTotal,
    stalledAfterMs,
    log,
    guard: (failure, work) => eventLog.guard(failure, work)
  })
  const admission = new Admission({
    keys: new ApiKeys({ globalKey: apiKey, previousKey: previousApiKey, instances }),
    instances,
    allowedHosts: hosts,
    catalogueOf,
    wrongKeys: eventLog.wrongKeys,
    globalEvents
  })
  const faults = new SocketFaults(() => hub.stuck)
  const gate: Gate = new Gate({
    io,
    admission,
    hub,
    connections,
    faults,
    metrics,
    peerAddress: addressOf,
    maxSocketsPerInstance,
    log
  })
  const http = { hub, connections, peerAddress: addressOf }
  const [streams, polls] = [new Streams(http), new Polls(http)]
  const emitter = new WebsocketEmitter({
    eventLog,
    hub,
    audiences,
    faults,
    path: io.path(),
    globalEvents,
    maxSocketsPerInstance
  })
  attachHttpClients(emitter, { gate, streams, polls })
  eventLog.attach(emitter)
  fastify.decorate('websocket', emitter)
  metrics.gauge('iev_websocket_sockets', 'Listening sockets, streams and long polls', () => emitter.connected)
  metrics.gauge('iev_websocket_streams', 'Open streams of Server-Sent Events', () => streams.size)
  metrics.gauge('iev_http_long_polls', 'Requests that wait for the next event', () => polls.size)
  metrics.gauge('iev_websocket_replaying', 'Sockets that are being sent a replay', () => emitter.replaying)
  metrics.gauge(
    'iev_websocket_waiting',
    'Sockets whose replay waits for room in the buffer budget',
    () => emitter.waiting
  )
  metrics.gauge('iev_websocket_buffered_bytes', 'Bytes that wait for slow clients', () => emitter.bufferedBytes)
  metrics.gauge('iev_websocket_connections', 'Open connections, in a namespace or not', () => io.engine.clientsCount)

  const unwatch = eventLog.watchInstances((change) => hub.changed(change))
  fastify.addHook('preClose', async () => {
    streams.end()
    polls.end()
    hub.endCutOff()
  })
  fastify.addHook('onClose', async () => {
    unwatch()
    await hub.close()
    await io.close()
  })
}

export default fp(websocketPlugin, { name: 'fastify-instance-events/websocket', fastify: '5.x' })
