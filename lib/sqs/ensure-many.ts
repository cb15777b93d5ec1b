import { setTimeout as sleep } from 'node:timers/promises'
import { withDeadline } from '../deadline.ts'
import { QueueUnavailableError, TIMEOUT } from '../errors.ts'
import { withMessages } from '../fault-messages.ts'
import { backoffMs } from './backoff.ts'
import { callFailure, isThrottled, isUnauthenticated } from './failures.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

/** Queues of one request that are asked for at once. */
const AT_ONCE = 8
/** Tries of a queue whose calls fail without SQS asking for less: about two seconds. */
const MAX_TRIES = 6
const BACKOFF = { baseMs: 100, maxMs: 1_000 }
const MAX_NAMES = 10

export interface EnsureManyOptions {
  /** Milliseconds for all of them. */
  timeoutMs: number
  /** Whether to begin no other queue after one that failed. */
  stopAtFailure: boolean
  signal?: AbortSignal
}

/** What became of each queue, by its name. One that was not begun is in neither. */
export interface EnsuredQueues {
  readonly urls: ReadonlyMap<string, string>
  readonly failed: ReadonlyMap<string, Error>
}

/**
 * Makes many queues ready, a few at a time. Failures that pass are tried again: throttling until the time is over,
 * others some times, so that an SQS that is down is told soon.
 */
export async function ensureMany(
  provisioner: QueueProvisioner,
  specs: readonly QueueSpec[],
  { timeoutMs, stopAtFailure, signal }: EnsureManyOptions
): Promise<EnsuredQueues> {
  const end = performance.now() + timeoutMs
  const urls = new Map<string, string>()
  const failed = new Map<string, Error>()
  const next = specs.values()
  const worker = async () => {
    for (const spec of next) {
      if (stopAtFailure && failed.size > 0) return
      try {
        urls.set(spec.name, await persist(() => provisioner.ensure(spec), { name: spec.name, end, signal }))
      } catch (error) {
        failed.set(spec.name, error as Error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, specs.length) }, worker))
  return { urls, failed }
}

/**
 * Makes the queues of one request ready. URLs in the order of specs.
 * @throws {QueueUnavailableError} {QueueUnusableError} of the first that failed; its messages name the others
 */
export async function ensureAll(
  provisioner: QueueProvisioner,
  specs: readonly QueueSpec[],
  { timeoutMs }: { timeoutMs: number }
): Promise<string[]> {
  const { urls, failed } = await ensureMany(provisioner, specs, { timeoutMs, stopAtFailure: true })
  const [error] = failed.values()
  if (!error) return specs.map(({ name }) => urls.get(name) as string)
  const missing = specs.filter(({ name }) => !urls.has(name)).map(({ name }) => name)
  const names = missing.slice(0, MAX_NAMES).join(', ')
  const more = missing.length > MAX_NAMES ? ` and ${missing.length - MAX_NAMES} more` : ''
  // Requests share the error of a call that they share, but not what it says of their other queues.
  const own = Object.create(error, Object.getOwnPropertyDescriptors(error)) as Error
  throw withMessages(own, [
    error.message,
    `The selection was not changed. ${urls.size} of its ${specs.length} queues are ready and are kept, not ready: ${names}${more}`
  ])
}

async function persist(
  ensure: () => Promise<string>,
  { name, end, signal }: { name: string; end: number; signal: AbortSignal | undefined }
): Promise<string> {
  let last: unknown
  let attempt = 0
  for (;;) {
    const ms = Math.max(0, end - performance.now())
    try {
      return await withDeadline({ ms, what: 'All of it', signal }, ensure)
    } catch (error) {
      // A timer may come a little early. The failure before says more than that the time is over.
      const over = performance.now() > end - 2
      if (over) throw last ?? new QueueUnavailableError(name, TIMEOUT, 'the time for the request is over')
      last = error
    }
    const failure = callFailure(last)
    const passes =
      failure.kind === 'transient' && failure.code !== 'QueueDeletedRecently' && !isUnauthenticated(failure)
    if (!passes || signal?.aborted || (!isThrottled(failure) && attempt + 1 >= MAX_TRIES)) throw last
    await sleep(backoffMs(attempt++, BACKOFF), undefined, { signal })
  }
}
