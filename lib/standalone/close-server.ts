import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** Time that a start in progress gets. It may need longer, such as while it waits for another node's migration. */
const START_MS = 3_000

/**
 * Closes a server, also during its start: Fastify then closes it after the start. A start that takes too long is not
 * waited for. The end of the process stops it, as a crash would: everything that it does is a transaction.
 */
export async function closeServer(
  server: Pick<FastifyInstance, 'close'>,
  { start, startMs = START_MS }: { start: Promise<unknown>; startMs?: number }
): Promise<void> {
  const closed = server.close()
  const started = start.catch(() => {}).then(() => true)
  const timer = new AbortController()
  const late = setTimeout(startMs, false, { signal: timer.signal })
  if (await Promise.race([started, late]).finally(() => timer.abort())) await closed
}
