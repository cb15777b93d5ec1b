import { join } from 'node:path'
import cors from '@fastify/cors'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import app from './app.ts'
import { type Config, loadConfig } from './lib/standalone/config.ts'
import { ConfigInvalidError } from './lib/errors.ts'
import { apiKeyFromFile, type GlobalKey } from './lib/standalone/api-key-file.ts'
import { corsOptions, sqsTarget, toAppOptions, wantsEmbeddedSqs } from './lib/standalone/app-options.ts'
import { banner } from './lib/standalone/banner.ts'
import { closeServer } from './lib/standalone/close-server.ts'
import { connectionEnder } from './lib/standalone/connection-ender.ts'
import { dataFolder } from './lib/standalone/data-folder.ts'
import { readDotenv } from './lib/standalone/dotenv.ts'
import { type EmbeddedSqs, startEmbeddedSqs } from './lib/standalone/embedded-sqs.ts'
import { reportFailedStart } from './lib/standalone/failed-start.ts'
import { stdoutWriter } from './lib/standalone/line-writer.ts'
import { LISTEN_BACKLOG } from './lib/standalone/listen-backlog.ts'
import { LogStream } from './lib/standalone/log-stream.ts'
import { takeWarnings } from './lib/standalone/process-warnings.ts'
import { fillSdkEnvironment } from './lib/standalone/sdk-environment.ts'
import { onStopSignal, STOP_SIGNALS } from './lib/standalone/stop-signals.ts'
import { answerError, answerNotFound, requestWithoutKey } from './routes/conventions.ts'
import { refuseOtherOptions } from './routes/preflights.ts'
import { endIfUnread, endUnreadBodies } from './routes/unread-bodies.ts'
import root from './routes/root.ts'

/** Instance names have at most 100 characters, each of which may take nine when percent-encoded. */
const MAX_PARAM_LENGTH = 1_000
const API_KEY_FILE = 'api-key'
/** Longer than the ten seconds for sends in flight. */
const SHUTDOWN_MS = 15_000
/** Time for the headers of a request, unless the whole request has less. */
const HEADERS_TIMEOUT_MS = 20_000
/** Interval of Node's check for requests that take too long. */
const TIMEOUT_CHECK_MS = 5_000
/** Time for which log lines wait for the banner. After that, they are written at once. */
const BANNER_MS = 10_000

/** True once a signal, or an unexpected error, makes the server stop. */
let stopping = false

/** The standalone server. Only this file reads the environment, listens and handles signals. */
async function main(): Promise<void> {
  const env = { ...readDotenv('.'), ...process.env }
  fillSdkEnvironment(env, process.env)
  const config = loadConfig(env)
  const dataDir = dataFolder(config)
  const { apiKey, keyFile, newKey }: GlobalKey = config.AUTHENTICATION_API_KEY
    ? { apiKey: config.AUTHENTICATION_API_KEY }
    : apiKeyFromFile(join(dataDir, API_KEY_FILE))

  const logs = new LogStream({
    writer: stdoutWriter(process),
    onRecovered: (dropped) => server.log.warn({ dropped }, 'Earlier lines of the log could not be written')
  })
  const requestTimeout = config.REQUEST_TIMEOUT_SECONDS * 1_000
  const server = Fastify({
    // A key that a client puts into a URL by mistake does not get into the log.
    logger: { level: config.LOG_LEVEL, serializers: { req: requestWithoutKey }, stream: logs },
    trustProxy: config.TRUST_PROXY,
    // A start may take long: it reads all instances, migrates a large log, or waits while another node migrates it.
    pluginTimeout: 0,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    requestTimeout,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeout)
    },
    frameworkErrors: (error, request, reply) => {
      endIfUnread(request, reply)
      answerError(error, request, reply)
    }
  })
  endUnreadBodies(server)
  logs.hold(BANNER_MS)
  process.once('exit', () => logs.release())
  takeWarnings(process, (warning) => server.log.warn({ err: warning }, warning.message))
  for (const warning of config.warnings) server.log.warn(warning)
  let embedded: EmbeddedSqs | undefined

  const grace = {
    delay: SHUTDOWN_MS,
    skip: [...STOP_SIGNALS],
    logger: { error: (message: unknown) => server.log.error(message) }
  }
  const endConnections = connectionEnder(server.server)
  const { close } = closeWithGrace(grace, async ({ err }) => {
    stopping = true
    if (err) server.log.fatal({ err }, 'The server stops because of an unexpected error')
    const timer = endConnections()
    await closeServer(server, { start })
    clearTimeout(timer)
    await embedded?.stop()
    await logs.flush()
  })
  onStopSignal((signal) => {
    server.log.info({ signal }, 'The server stops')
    close()
  })

  if (wantsEmbeddedSqs(config, env)) {
    embedded = await startEmbeddedSqs({ port: config.SQS_EMBEDDED_PORT, dataDir: join(dataDir, 'sqs') })
    const { endpoint } = embedded.target
    server.log.warn({ endpoint }, 'SQS is emulated in this process, which is not for production')
  }

  // Before @fastify/cors adds a route, which takes the error handler of the time.
  server.setErrorHandler(answerError)
  server.setNotFoundHandler(answerNotFound)
  refuseOtherOptions(server)
  await server.register(cors, corsOptions(config))
  await server.register(app, toAppOptions(config, { apiKey, sqs: embedded?.target ?? sqsTarget(config) }))
  const { DOCS_ENABLED: docs, SERVER_URL: serverUrl } = config
  const console = config.CONSOLE_ENABLED && (await import('./routes/console.ts')).isConsoleBuilt()
  await server.register(root, { docs, console, serverUrl })
  const { metrics, otherFaults } = server.eventLog
  logs.countDropped((lines) => metrics.unlogged.inc(lines))
  otherFaults.push(() => logs.trouble && { component: 'log', ...logs.trouble })

  const url = await listen(server, config)
  logs.writeFirst(`${banner({ url, config, console, newKey, keyFile, embedded })}\n`)
  logs.release()
}

async function listen(server: ReturnType<typeof Fastify>, config: Config): Promise<string> {
  const { SERVER_HOST: host, SERVER_PORT: port } = config
  try {
    return await server.listen({ host, port, backlog: LISTEN_BACKLOG })
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new ConfigInvalidError(`SERVER_PORT: port ${port} is in use by another program: set a free one`)
    if (code === 'EADDRNOTAVAIL' || syscall === 'getaddrinfo')
      throw new ConfigInvalidError(`SERVER_HOST: ${host} is not an address of this machine`)
    throw error
  }
}

const start = main()
start.catch((error: Error) => reportFailedStart(error, { stopping, process }))
