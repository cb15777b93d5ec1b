import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import app, { type AppOptions } from '../../app.ts'
import { startSqs } from './sqs.ts'

export const API_KEY = 'global-key-of-the-tests'

export interface Built {
  app: FastifyInstance
  /** `http://127.0.0.1:<port>` */
  url: string
}

/** Creates a folder, which is deleted after the test. */
export function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'instance-events-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A server without our plugins; closed after the test. */
export function bare(t: Test, options: FastifyServerOptions = {}): FastifyInstance {
  const server = Fastify({ routerOptions: { maxParamLength: 1_000 }, ...options })
  t.after(() => server.close())
  return server
}

/** A ready server with the root plugin, in memory and with an SQS emulator, unless the options differ; closed after the test. */
export async function build(t: Test, options: Partial<AppOptions> = {}): Promise<FastifyInstance> {
  const sqs = options.sqs ?? (await startSqs(t)).options
  const server = bare(t)
  await server.register(app, {
    apiKey: API_KEY,
    docs: false,
    ...options,
    eventLog: { url: ':memory:', ...options.eventLog },
    sqs
  })
  await server.ready()
  return server
}

/** A server like that of `build` that listens on a free port, or on this one. */
export async function listen(
  t: Test,
  { port = 0, ...options }: Partial<AppOptions> & { port?: number } = {}
): Promise<Built> {
  const server = await build(t, options)
  return { app: server, url: await server.listen({ host: '127.0.0.1', port }) }
}
