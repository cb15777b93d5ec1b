import { channel } from 'node:diagnostics_channel'
import { mkdirSync } from 'node:fs'
import { ConfigInvalidError } from '../errors.ts'
import type { SqsTarget } from './app-options.ts'

export interface EmbeddedSqs {
  /** For SDK clients. */
  readonly target: Required<SqsTarget>
  stop(): Promise<void>
}

interface Listening {
  listen: (options: { port: number; host: string }) => Promise<string>
}

const REGION = 'us-east-1'

/**
 * Starts fauxqs, an emulator of SQS, in this process, kept on disk in `dataDir`.
 * @throws {ConfigInvalidError} it is not installed, or its port is taken
 */
export async function startEmbeddedSqs({ port, dataDir }: { port: number; dataDir: string }): Promise<EmbeddedSqs> {
  const { startFauxqs } = await import('fauxqs').catch((error: unknown) => {
    const message =
      'SQS_BACKEND: the embedded emulator is not installed: npm install fauxqs, or set SQS_REGION and credentials, or SQS_ENDPOINT'
    throw Object.assign(new ConfigInvalidError(message), { cause: error })
  })
  // It lies in the data folder, which nobody else may read: what comes first makes that folder.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // fauxqs listens on every interface and asks for no key: Fastify's channel hands us its server before it does.
  const loopback = (message: unknown) => {
    const { fastify } = message as { fastify: Listening }
    const listen = fastify.listen.bind(fastify)
    fastify.listen = (options) => listen({ ...options, host: '127.0.0.1' })
  }
  const created = channel('fastify.initialization')
  created.subscribe(loopback)
  const server = await startFauxqs({ port, dataDir, logger: false })
    .finally(() => created.unsubscribe(loopback))
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      throw new ConfigInvalidError(
        `SQS_EMBEDDED_PORT: port ${port} is taken by another program: set a free one, or 0 for any`
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
