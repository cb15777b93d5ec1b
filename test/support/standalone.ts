import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { API_KEY } from './build.ts'

const SERVER = fileURLToPath(new URL('../../server.ts', import.meta.url))

export interface Standalone {
  process: ChildProcess
  url: string
  /** As the banner prints it: an endpoint, or `off`. */
  sqs: string
  apiKey: string
  /** Everything printed so far. */
  output: () => string
  /** Sends a signal. @returns the exit code, or the signal that ended it */
  stop(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

/** Settings of a server that sends calls to one shared queue, and logs little. */
export function callsToSqs({ database, endpoint }: { database: string; endpoint: string }) {
  return {
    AUTHENTICATION_API_KEY: API_KEY,
    DATABASE_URL: database,
    SQS_ENDPOINT: endpoint,
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_GLOBAL_EVENTS: 'CALL',
    LOG_LEVEL: 'error'
  }
}

export interface ServerProcess {
  cwd: string
  env?: Record<string, string>
  /** A module that is loaded before the server, and may send messages to this process. */
  preload?: string
}

/** A process of `server.ts` with these variables and nothing else, in this folder. Ended after the test. */
export function spawnServer(t: Test, { cwd, env, preload }: ServerProcess) {
  const child = spawn(process.execPath, preload === undefined ? [SERVER] : ['--import', preload, SERVER], {
    cwd,
    env: { SERVER_PORT: '0', SQS_EMBEDDED_PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(preload === undefined ? [] : ['ipc' as const])]
  }) as ChildProcessWithoutNullStreams
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, output: () => text }
}

/** The same, ready. @throws with what it printed, if it ends instead */
export async function startStandalone(t: Test, { env = {}, ...started }: ServerProcess): Promise<Standalone> {
  const { child, ended, output } = spawnServer(t, { ...started, env })
  const failed = ended.then(() => Promise.reject(new Error(`The server ended: ${output()}`)))
  failed.catch(() => {})
  while (!/fastify-instance-events is ready[^]*\n\n/.test(output()))
    await Promise.race([once(child.stdout, 'data'), failed])
  const row = (name: string) => new RegExp(`^  ${name} +(\\S+)`, 'm').exec(output())?.[1] ?? ''
  return {
    process: child,
    url: row('HTTP API'),
    sqs: row('SQS'),
    apiKey: env.AUTHENTICATION_API_KEY ?? row('API key'),
    output,
    stop: async (signal) => {
      child.kill(signal)
      const [code, by] = await ended
      return code ?? (by as NodeJS.Signals)
    }
  }
}

/** A request answers within this time. */
const PATIENCE_MS = 60_000

/** A request as curl makes it. @returns status and parsed body */
export async function call(
  url: string,
  { method = 'GET', key, body }: { method?: string; key?: string; body?: unknown } = {}
): Promise<{ status: number; body: unknown }> {
  const reply = await fetch(url, {
    method,
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: {
      ...(key !== undefined && { apikey: key }),
      ...(body !== undefined && { 'content-type': 'application/json' })
    },
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return { status: reply.status, body: await reply.json() }
}
