import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import cors from '@fastify/cors'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import app from './app.ts'
import { type Config, loadConfig } from './lib/config.ts'
import { ConfigInvalidError } from './lib/errors.ts'
import { apiKeyFromFile } from './lib/standalone/api-key-file.ts'
import { corsOrigin, sqsTarget, toAppOptions, wantsEmbeddedSqs } from './lib/standalone/app-options.ts'
import { banner } from './lib/standalone/banner.ts'
import { dataFolder } from './lib/standalone/data-folder.ts'
import { readDotenv } from './lib/standalone/dotenv.ts'
import { startEmbeddedSqs } from './lib/standalone/embedded-sqs.ts'
import { answerError, answerNotFound, requestWithoutKey } from './routes/conventions.ts'
import type { MessageList } from './lib/fault-messages.ts'

/** Instance names have 100 characters at most; percent-encoded, one may take nine. */
const MAX_PARAM_LENGTH = 1_000
const API_KEY_FILE = 'api-key'
/** Longer than the ten seconds that sends on their way are given. */
const SHUTDOWN_MS = 15_000
/** What a request under way is given before its connection is ended. */
const REQUEST_GRACE_MS = 3_000
const SIGNALS: closeWithGrace.Signals[] = ['SIGINT', 'SIGTERM']

/** The standalone server: the one place that reads the environment, listens and handles signals. */
async function main(): Promise<void> {
  const env = { ...readDotenv('.'), ...process.env }
  const config = loadConfig(env)
  const dataDir = dataFolder(config)
  const keyFile = config.AUTHENTICATION_API_KEY ? undefined : join(dataDir, API_KEY_FILE)
  const apiKey = config.AUTHENTICATION_API_KEY ?? apiKeyFromFile(join(dataDir, API_KEY_FILE))

  const server = Fastify({
    // Whoever puts a key into a URL by mistake does not find it in the log.
    logger: { level: config.LOG_LEVEL, serializers: { req: requestWithoutKey } },
    trustProxy: config.TRUST_PROXY,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply)
  })
  for (const warning of config.warnings) server.log.warn(warning)
  const embedded = wantsEmbeddedSqs(config, env)
    ? await startEmbeddedSqs({ port: config.SQS_EMBEDDED_PORT, dataDir: join(dataDir, 'sqs') })
    : undefined
  if (embedded)
    server.log.warn({ endpoint: embedded.target.endpoint }, 'SQS is emulated in this process: not for production')

  const grace = {
    delay: SHUTDOWN_MS,
    skip: SIGNALS,
    logger: { error: (message: unknown) => server.log.error(message) }
  }
  const endConnections = connectionEnder(server.server)
  const { close } = closeWithGrace(grace, async ({ err }) => {
    if (err) server.log.fatal({ err }, 'The server stops because of a fault')
    const timer = endConnections()
    await server.close()
    clearTimeout(timer)
    await embedded?.stop()
  })
  onStopSignal((signal) => {
    server.log.info({ signal }, 'The server stops')
    close()
  })

  await server.register(cors, { origin: corsOrigin(config) })
  server.setNotFoundHandler(answerNotFound)
  server.setErrorHandler(answerError)
  await server.register(app, toAppOptions(config, { apiKey, sqs: embedded?.target ?? sqsTarget(config) }))
  const url = await listen(server, config)
  console.log(banner({ url, config, apiKey, keyFile, embedded }))
}

/**
 * Calls `stop` once. npm passes on what the terminal or systemd sent to the whole group already, so a signal that
 * follows within a second is the same one; a later one ends the process at once.
 */
function onStopSignal(stop: (signal: NodeJS.Signals) => void): void {
  let since: number | undefined
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (since === undefined) {
        since = Date.now()
        stop(signal)
      } else if (Date.now() - since > 1_000) process.exit(1)
    })
  }
}

/**
 * Fastify waits for connections that it does not see as idle. On its way out, those that never sent anything (browsers and
 * load balancers open them ahead) are ended at once, those in the middle of something a little later.
 */
function connectionEnder(server: Server): () => NodeJS.Timeout {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    return setTimeout(() => sockets.forEach((socket) => socket.destroy()), REQUEST_GRACE_MS)
  }
}

async function listen(server: ReturnType<typeof Fastify>, config: Config): Promise<string> {
  const { SERVER_HOST: host, SERVER_PORT: port } = config
  try {
    return await server.listen({ host, port })
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new ConfigInvalidError(`SERVER_PORT: port ${port} is taken by another program: set a free one`)
    if (code === 'EADDRNOTAVAIL' || syscall === 'getaddrinfo')
      throw new ConfigInvalidError(`SERVER_HOST: ${host} is no address of this machine`)
    throw error
  }
}

main().catch((error: Error & MessageList & { code?: string }) => {
  // Our own errors say what to do; anything else is a fault, and its stack is wanted.
  const lines = error.code?.startsWith('IEV_') ? (error.messages ?? [error.message]) : [error.stack]
  console.error(['The server was not started:', ...lines.map((line) => `  ${line}`)].join('\n'))
  process.exit(1)
})
