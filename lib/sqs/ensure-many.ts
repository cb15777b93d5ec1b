import { setTimeout as sleep } from 'node:timers/promises'
import { withDeadline } from './deadline.ts'
import { QueueUnavailableError, QueueUnusableError } from '../errors.ts'
import type { MessageCode } from '../message-code.ts'
import { type InstanceEventsError, withMessages } from '../error-class.ts'
import { backoffMs } from './backoff.ts'
import { callFailure, failureCode, failureMessage, isThrottled, isUnauthenticated } from './failures.ts'
import type { Limiter } from './limiter.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

/** Tries of a queue whose calls fail for other reasons than throttling: about two seconds. */
const MAX_TRIES = 6
const BACKOFF = { baseMs: 50, maxMs: 1_000 }
const MAX_NAMES = 10

export interface EnsureManyOptions {
  /** Milliseconds for all queues together. */
  timeoutMs: number
  /** True if queues that are not begun yet are skipped after one has failed. */
  stopAtFailure: boolean
  /** Limits the queues that are worked on at once, together with everything else that uses it. */
  limiter: Limiter
  /** Ends the work early, with its reason. */
  signal?: AbortSignal
}

/** The results by name of the queue. A queue that was skipped is in neither map. */
export interface EnsuredQueues {
  readonly urls: ReadonlyMap<string, string>
  readonly failed: ReadonlyMap<string, Error>
}

/**
 * Finds or creates many queues, a few at a time. Transient failures are retried: throttling until the time is over, others
 * a few times, so that an outage of SQS is reported soon.
 */
export async function ensureMany(
  provisioner: QueueProvisioner,
  specs: readonly QueueSpec[],
  { timeoutMs, stopAtFailure, limiter, signal }: EnsureManyOptions
): Promise<EnsuredQueues> {
  const urls = new Map<string, string>()
  const failed = new Map<string, Error>()
  const one = async (spec: QueueSpec) => {
    const { name } = spec
    const latest: Latest = {}
    const turn = (over: AbortSignal) =>
      limiter.run(async () => {
        over.throwIfAborted()
        if (stopAtFailure && failed.size > 0) return
        urls.set(name, await persist(() => provisioner.ensure(spec), { latest, over }))
      })
    try {
      await withDeadline({ ms: timeoutMs, what: `Making the queue ${name} ready`, signal }, turn)
    } catch (error) {
      // The last failure explains more than the deadline does.
      failed.set(name, signal?.aborted ? (error as Error) : explained(name, latest.failure ?? error))
    }
  }
  await Promise.all(specs.map(one))
  return { urls, failed }
}

function explained(name: string, error: unknown): Error {
  if (error instanceof QueueUnavailableError || error instanceof QueueUnusableError) return error
  return new QueueUnavailableError(name, failureCode(error), failureMessage(error))
}

/** The last failure of a queue that was retried. */
interface Latest {
  failure?: unknown
}

/**
 * Finds or creates the queues of one request. Resolves with their URLs, in the order of `specs`.
 * @throws {QueueUnavailableError} {QueueUnusableError} of the first that failed; its messages name the others
 */
export async function ensureAll(
  provisioner: QueueProvisioner,
  specs: readonly QueueSpec[],
  options: Pick<EnsureManyOptions, 'timeoutMs' | 'limiter' | 'signal'>
): Promise<string[]> {
  const { urls, failed } = await ensureMany(provisioner, specs, { ...options, stopAtFailure: true })
  const [error] = failed.values()
  if (!error) return specs.map(({ name }) => urls.get(name) as string)
  const missing = specs.filter(({ name }) => !urls.has(name)).map(({ name }) => name)
  const names = missing.slice(0, MAX_NAMES).join(', ')
  const more = missing.length > MAX_NAMES ? ` and ${missing.length - MAX_NAMES} more` : ''
  // Requests that wait for the same call have the same error: the message about other queues goes into a copy.
  const own: InstanceEventsError = Object.create(error, Object.getOwnPropertyDescriptors(error))
  const { params = [null] } = own
  const values = [urls.size, specs.length, `${names}${missing.length > MAX_NAMES ? ', …' : ''}`]
  throw withMessages(
    own,
    [
      error.message,
      `The selection was not changed. ${urls.size} of its ${specs.length} queues are ready and are kept; not ready: ${names}${more}`
    ],
    [...params, { code: 'queuesNotReady' satisfies MessageCode, values }]
  )
}

/** Retries until `ensure` succeeds, fails permanently or too often, or `over` aborts. */
async function persist(
  ensure: () => Promise<string>,
  { latest, over }: { latest: Latest; over: AbortSignal }
): Promise<string> {
  let tries = 0
  for (;;) {
    try {
      return await ensure()
    } catch (error) {
      latest.failure = error
      const failure = callFailure(error)
      const passes =
        failure.kind === 'transient' && failure.code !== 'QueueDeletedRecently' && !isUnauthenticated(failure)
      if (!passes || (++tries >= MAX_TRIES && !isThrottled(failure))) throw error
    }
    await sleep(backoffMs(tries, BACKOFF), undefined, { signal: over })
  }
}
