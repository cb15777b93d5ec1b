import { SQS_PAYLOAD_TOO_LARGE } from '../errors.ts'
import type { FastifyBaseLogger } from 'fastify'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { Check } from '../operation/readiness.ts'
import type { StoredEvent } from '../events/event.ts'
import { observeSend } from '../telemetry/observe-send.ts'
import type { SqsAddress } from './address.ts'
import { type BatchClient, NOT_SENT } from './batch-client.ts'
import type { BatchItem } from './batch.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import { CallError, callFailure, entryFailure, type SendFailure } from './failures.ts'
import { isForeignRefusal, notThere } from './foreign-answer.ts'
import type { Lane } from './lane.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

export interface BatchCallerOptions {
  client: BatchClient
  /** Resolves with the address of SQS, for spans. */
  address: () => Promise<SqsAddress>
  provisioner: QueueProvisioner
  metrics: Metrics
  log: FastifyBaseLogger
  /** The spec by which a queue is created, derived from an event for it. */
  specOf: (queue: string, event: StoredEvent) => QueueSpec
  /** Is told of the results of calls. */
  breaker: CircuitBreaker
  /** Asks SQS whether it answers. */
  probe: () => Promise<Check>
  /** True if this process may send events of a lane now. */
  maySend: (lane: Lane) => boolean
  /** Ends calls under way. */
  signal: AbortSignal
}

/** The result of a call. */
export interface Answer {
  /** The items that SQS did not accept. */
  readonly failures: Map<BatchItem, SendFailure>
  /** True if the call itself failed, and not single entries of it. */
  readonly whole: boolean
}

const UNANSWERED: SendFailure = {
  kind: 'transient',
  code: 'Unanswered',
  message: 'SQS answered the batch without a result for this event'
}
const MEASURED_ANEW: SendFailure = {
  kind: 'transient',
  code: SQS_PAYLOAD_TOO_LARGE,
  message: 'The queue accepts only smaller messages than before'
}

/** Calls SendMessageBatch. A queue that is missing is created first. */
export class BatchCaller {
  readonly #options: BatchCallerOptions
  readonly #quiet: QuietLog

  constructor(options: BatchCallerOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /**
   * Never rejects. Resolves with `undefined` if nothing was sent, because a lane is no longer to be sent by this process.
   * @param items at least one
   */
  async call(queue: string, items: readonly BatchItem[]): Promise<Answer | undefined> {
    const { breaker, provisioner, metrics, specOf, signal } = this.#options
    const { answers } = breaker.outage
    try {
      const [first] = items as [BatchItem]
      const largest = Math.max(...items.map(({ bytes }) => bytes))
      const url = await provisioner.locate(specOf(queue, first.event), largest)
      // The limit of a queue is known once SQS was asked for it: the items were made before.
      if (largest > provisioner.maxBytes(queue)) return all(items, MEASURED_ANEW, { whole: false })
      return { failures: await this.#send(queue, url, items), whole: false }
    } catch (error) {
      if (error instanceof CallError && error.failure === NOT_SENT) return undefined
      const failure = await this.#judged(error, { items, answers })
      this.#reconsider(queue, failure)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      if (!signal.aborted)
        this.#quiet.warn(`${queue} ${failure.code}`, { queue, ...failure }, 'Events could not be sent to SQS')
      return all(items, failure, { whole: true })
    }
  }

  /**
   * The failure of a call. A status without a code of AWS may be about one message (a proxy with a lower limit than SQS)
   * or about every call (it is not SQS that answers). For a message that was sent alone, the probe decides.
   */
  async #judged(
    error: unknown,
    { items, answers }: { items: readonly BatchItem[]; answers: number }
  ): Promise<SendFailure> {
    const { breaker, probe } = this.#options
    const failure = callFailure(error)
    const cause = error instanceof Error && !(error instanceof CallError) ? error.cause : error
    if (cause instanceof CallError && !isForeignRefusal(failure)) breaker.failed(cause, answers)
    if (!isForeignRefusal(failure) || items.length > 1) return failure
    const check = await probe()
    if (check.ok) return failure
    const other = new CallError(notThere('SQS', failure.message))
    breaker.failed(other, answers)
    return other.failure
  }

  /** Forgets what is known of a queue, if a failure shows that it may be wrong. */
  #reconsider(queue: string, failure: SendFailure): void {
    const { provisioner } = this.#options
    if (failure.kind === 'missing-queue' || isOverLimit(failure)) provisioner.forget(queue)
    else if (failure.kind === 'permanent') provisioner.doubt(queue)
  }

  /** Sends a batch, and resolves with the failures. Only entries that the answer names as successful are accepted. */
  async #send(queue: string, QueueUrl: string, items: readonly BatchItem[]): Promise<Map<BatchItem, SendFailure>> {
    const { breaker, client, address, metrics, signal, maySend } = this.#options
    metrics.batchEntries.observe(items.length)
    const done = metrics.sendSeconds.startTimer()
    const input = { QueueUrl, Entries: items.map(({ entry }) => entry) }
    const { Successful, Failed } = await observeSend({ queue, url: QueueUrl, items, address }, () =>
      client.send(input, { signal, maySend: () => items.every(({ lane }) => maySend(lane)) })
    ).finally(done)
    breaker.answered()

    const accepted = new Set(Successful.map(({ Id }) => Id))
    const refused = new Map(Failed.map((entry) => [entry.Id, entryFailure(entry)]))
    const failures = new Map<BatchItem, SendFailure>()
    for (const item of items) {
      const failure = refused.get(item.entry.Id) ?? (accepted.has(item.entry.Id) ? undefined : UNANSWERED)
      if (!failure) continue
      failures.set(item, failure)
      this.#reconsider(queue, failure)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      this.#quiet.warn(`${queue} entry ${failure.code}`, { queue, ...failure }, 'SQS refused an event of a batch')
    }
    return failures
  }
}

/** True if a message is larger than its queue accepts, so that the limit of the queue has changed. */
function isOverLimit({ kind, message }: SendFailure): boolean {
  return kind === 'permanent' && /must be shorter than/i.test(message)
}

function all(items: readonly BatchItem[], failure: SendFailure, { whole }: { whole: boolean }): Answer {
  return { failures: new Map(items.map((item) => [item, failure])), whole }
}
