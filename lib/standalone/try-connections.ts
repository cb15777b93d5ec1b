import type { Config } from './config.ts'
import { SqsCalls } from '../sqs/calls.ts'
import { createSqsClient } from '../sqs/client.ts'
import { sqsStatus } from '../sqs/status.ts'
import { tryDatabase } from '../store/try-database.ts'
import { sqsTarget, wantsEmbeddedSqs } from './app-options.ts'
import { fillSdkEnvironment } from './sdk-environment.ts'

export interface Connection {
  to: 'database' | 'sqs'
  ok: boolean
  message: string
}

const TIMEOUT_MS = 3_000

/** Connects to the database and to SQS of the settings, and changes nothing there. */
export async function tryConnections(
  config: Config,
  { env, folder }: { env: Record<string, string | undefined>; folder: string }
): Promise<Connection[]> {
  const database = await tryDatabase(config.DATABASE_URL, folder)
  const sqs = config.SQS_ENABLED ? await trySqs(config, env) : { ok: true, message: 'switched off' }
  return [
    { to: 'database', ...database },
    { to: 'sqs', ...sqs }
  ]
}

async function trySqs(
  config: Config,
  env: Record<string, string | undefined>
): Promise<{ ok: boolean; message: string }> {
  if (wantsEmbeddedSqs(config, env)) return { ok: true, message: 'will be emulated in the process' }
  fillSdkEnvironment(env, process.env)
  const timeouts = { connectTimeoutMs: TIMEOUT_MS, requestTimeoutMs: TIMEOUT_MS }
  const client = createSqsClient({ ...sqsTarget(config), ...timeouts, concurrency: 1 })
  try {
    const status = await sqsStatus(new SqsCalls({ client, deadlineMs: TIMEOUT_MS }))
    return { ok: status.ok, message: status.ok ? 'answers' : `${status.code}: ${status.message}` }
  } finally {
    client.destroy()
  }
}
