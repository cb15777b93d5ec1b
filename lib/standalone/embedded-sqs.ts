import type { FastifyInstance } from 'fastify'
import { channel } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { ConfigInvalidError } from '../errors.ts'
import { fileFault } from '../text/file-fault.ts'
import { makeFolder } from '../text/make-folder.ts'
import type { SqsTarget } from './app-options.ts'

export interface EmbeddedSqs {
  /** Configuration for SDK clients. */
  readonly target: Required<SqsTarget>
  stop(): Promise<void>
}

/** The members of fauxqs's Fastify server that are changed here. */
type Emulator = Pick<FastifyInstance, 'addHook'> & {
  listen: (options: { port: number; host: string }) => Promise<string>
}

const REGION = 'us-east-1'
const CREDENTIAL_SCOPE = /(Credential=\S+?\/\d{8}\/)[^/]+/
const QUEUE_URL_HOST = /^http:\/\/[^/]+/

/**
 * Starts fauxqs, an emulator of SQS, in this process. Its queues are stored in `dataDir`.
 * @throws {ConfigInvalidError} it is not installed, its folder cannot be written, or its port is taken
 */
export async function startEmbeddedSqs({ port, dataDir }: { port: number; dataDir: string }): Promise<EmbeddedSqs> {
  const { startFauxqs } = await import('fauxqs').catch((error: unknown) => {
    const message =
      'SQS_BACKEND: the embedded emulator is not installed: npm install fauxqs, or set SQS_REGION and credentials, or SQS_ENDPOINT'
    throw Object.assign(new ConfigInvalidError(message), { cause: error })
  })
  const fault = fileFault(join(dataDir, 'queues'))
  if (fault !== undefined)
    throw new ConfigInvalidError(`SQS_BACKEND: the embedded emulator cannot keep its queues: ${fault}`)
  // This may be the first to create the data folder, which only the owner may read.
  makeFolder(dataDir)
  // This channel publishes fauxqs's Fastify server before it listens.
  const adapt = (message: unknown) => {
    const { fastify } = message as { fastify: Emulator }
    listenOnLoopback(fastify)
    serveReachableUrls(fastify)
  }
  const created = channel('fastify.initialization')
  created.subscribe(adapt)
  const server = await startFauxqs({ port, dataDir, logger: false })
    .finally(() => created.unsubscribe(adapt))
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      throw new ConfigInvalidError(
        `SQS_EMBEDDED_PORT: port ${port} is in use by another program: set a free one, or 0 for any`
      )
    })
  return {
    target: {
      endpoint: `http://127.0.0.1:${server.port}`,
      region: REGION,
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' }
    },
    stop: () => server.stop()
  }
}

/** fauxqs listens on all interfaces by default, and needs no key. */
function listenOnLoopback(fastify: Emulator): void {
  const listen = fastify.listen.bind(fastify)
  fastify.listen = (options) => listen({ ...options, host: '127.0.0.1' })
}

/**
 * Replaces the host of queue URLs by the one of the request: fauxqs's `sqs.<region>.localhost` does not resolve everywhere, and
 * many SDKs send to the queue's URL. Without the region in the host, all requests are of one region.
 */
function serveReachableUrls(fastify: Emulator): void {
  fastify.addHook('onRequest', async ({ headers }) => {
    if (headers.authorization) headers.authorization = headers.authorization.replace(CREDENTIAL_SCOPE, `$1${REGION}`)
  })
  fastify.addHook('preSerialization', async ({ host }, _reply, payload) => {
    const reachable = (url: string) => url.replace(QUEUE_URL_HOST, `http://${host}`)
    const { QueueUrl, QueueUrls } = payload as { QueueUrl?: string; QueueUrls?: string[] }
    if (QueueUrl) return { ...(payload as object), QueueUrl: reachable(QueueUrl) }
    return QueueUrls ? { ...(payload as object), QueueUrls: QueueUrls.map(reachable) } : payload
  })
}
