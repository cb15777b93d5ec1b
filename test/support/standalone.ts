import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { API_KEY } from './build.ts'
import { UNMEASURED } from './child-coverage.ts'
import { type Printing, printing } from './printing.ts'

const SERVER = fileURLToPath(new URL('../../server.ts', import.meta.url))

export interface Standalone {
  process: ChildProcess
  url: string
  /** The row of SQS in the banner: an endpoint, or `off`. */
  sqs: string
  /** The key of the operator, the generated one, or that of the file. */
  apiKey: string
  output: Printing['output']
  printed: Printing['printed']
  ended: Printing['ended']
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
  /** Measures coverage, which takes about a second. @default false */
  measured?: boolean
}

/** Starts `server.ts` as a process with these variables only; ended after the test. */
export function spawnServer(t: Test, { cwd, env, preload, measured = false }: ServerProcess) {
  const child = spawn(process.execPath, preload === undefined ? [SERVER] : ['--import', preload, SERVER], {
    cwd,
    env: { ...(!measured && UNMEASURED), SERVER_PORT: '0', SQS_EMBEDDED_PORT: '0', ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(preload === undefined ? [] : ['ipc' as const])]
  }) as ChildProcessWithoutNullStreams
  return { child, ...printing(t, child) }
}

/** Starts `server.ts` as a process and waits until it is ready. @throws {Error} with its output, if it is not */
export async function startStandalone(t: Test, { env = {}, ...started }: ServerProcess): Promise<Standalone> {
  const { child, ended, output, printed } = spawnServer(t, { ...started, env })
  await printed(/fastify-instance-events is ready[^]*\n\n/)
  const row = (name: string) => new RegExp(`^  ${name} +(\\S+)`, 'm').exec(output())?.[1] ?? ''
  return {
    process: child,
    url: row('HTTP API'),
    sqs: row('SQS'),
    apiKey: env.AUTHENTICATION_API_KEY ?? keyOf(output()),
    output,
    printed,
    ended,
    stop: async (signal) => {
      child.kill(signal)
      return ended()
    }
  }
}

/** The generated key, which the banner shows on the first start; later it shows its file. */
function keyOf(printed: string): string {
  const [, row = ''] = /^  API key +(.*)$/m.exec(printed) ?? []
  const [, key, file] = /^(?:(\S+) +\()?kept in (.+?)\)?$/.exec(row) ?? []
  return key ?? (file === undefined ? '' : readFileSync(file, 'utf8').trim())
}

/** The most milliseconds that a request may take. */
const PATIENCE_MS = 60_000

/** Makes a request. @returns its status and its body, parsed */
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
