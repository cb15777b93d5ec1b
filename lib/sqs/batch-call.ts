import { SQS_PAYLOAD_TOO_LARGE } from '../errors.ts'
import type { FastifyBaseLogger } from 'fastify'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import type { Check } from '../operation/readiness.ts'
import type { StoredEvent } from '../events/event.ts'
import { observeSend } from '../telemetry/observe-send.ts'
import type { SqsAddress } from './address.ts'
import type { BatchClient } from './batch-client.ts'
import type { BatchItem } from './batch.ts'
import { CallError, callFailure, entryFailure, type SendFailure } from './failures.ts'
import { isForeignRefusal, notThere } from './foreign-answer.ts'
import { Outage } from './outage.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

export interface BatchCallerOptions {
  client: BatchClient
  /** Where the client's calls go. */
  address: () => Promise<SqsAddress>
  provisioner: QueueProvisioner
  metrics: Metrics
  log: FastifyBaseLogger
  /** How a queue of this name is to be made, told from an event on its way into it. */
  specOf: (queue: string, event: StoredEvent) => QueueSpec
  /** Asks whether it is SQS that answers at all. */
  probe: () => Promise<Check>
  signal: AbortSignal
}

/** What a call came to. */
export interface Answer {
  /** The items that SQS did not take. */
  readonly failures: Map<BatchItem, SendFailure>
  /** The call itself failed, not single entries of it. */
  readonly whole: boolean
}

const UNANSWERED: SendFailure = {
  kind: 'transient',
  code: 'Unanswered',
  message: 'The answer says nothing of this entry'
}
const MEASURED_ANEW: SendFailure = {
  kind: 'transient',
  code: SQS_PAYLOAD_TOO_LARGE,
  message: 'The queue takes smaller messages than was known'
}

/** One SendMessageBatch at a time, whatever comes of it. Makes the queue ready first, where it is not. */
export class BatchCaller {
  readonly #options: BatchCallerOptions
  readonly #quiet: QuietLog
  readonly outage = new Outage()

  constructor(options: BatchCallerOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /** Never rejects. @param items at least one */
  async call(queue: string, items: readonly BatchItem[]): Promise<Answer> {
    const { provisioner, metrics, specOf, signal } = this.#options
    try {
      const [first] = items as [BatchItem]
      const url = provisioner.url(queue) ?? (await provisioner.ensure(specOf(queue, first.event)))
      // A queue that has just been made ready may take less than was thought: all go back.
      if (items.some(({ bytes }) => bytes > provisioner.maxBytes(queue)))
        return all(items, MEASURED_ANEW, { whole: false })
      return { failures: await this.#send(queue, url, items), whole: false }
    } catch (error) {
      const failure = await this.#judged(error, items)
      if (failure.kind === 'missing-queue') provisioner.forget(queue)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      if (!signal.aborted)
        this.#quiet.warn(`${queue} ${failure.code}`, { queue, ...failure }, 'Events could not be sent to SQS')
      return all(items, failure, { whole: true })
    }
  }

  /**
   * The failure of a call. A status without a code of AWS may be of one message (a proxy that takes less than SQS), or of
   * all of them (no SQS there): for a message that is sent alone, the probe tells.
   */
  async #judged(error: unknown, items: readonly BatchItem[]): Promise<SendFailure> {
    const failure = callFailure(error)
    const cause = error instanceof Error && !(error instanceof CallError) ? error.cause : error
    if (cause instanceof CallError && !isForeignRefusal(failure)) this.outage.failed(cause)
    if (!isForeignRefusal(failure) || items.length > 1) return failure
    const check = await this.#options.probe()
    if (check.ok) return failure
    const other = new CallError(notThere('SQS', failure.message))
    this.outage.failed(other)
    return other.failure
  }

  /** What SQS did not take. Accepted is what it says it accepted: an answer that leaves an entry out says nothing of it. */
  async #send(queue: string, QueueUrl: string, items: readonly BatchItem[]): Promise<Map<BatchItem, SendFailure>> {
    const { client, address, metrics, signal } = this.#options
    metrics.batchEntries.observe(items.length)
    const done = metrics.sendSeconds.startTimer()
    const input = { QueueUrl, Entries: items.map(({ entry }) => entry) }
    const { Successful, Failed } = await observeSend({ queue, url: QueueUrl, items, address }, () =>
      client.send(input, signal)
    ).finally(done)
    this.outage.answered()

    const accepted = new Set(Successful.map(({ Id }) => Id))
    const refused = new Map(Failed.map((entry) => [entry.Id, entryFailure(entry)]))
    const failures = new Map<BatchItem, SendFailure>()
    for (const item of items) {
      const failure = refused.get(item.entry.Id) ?? (accepted.has(item.entry.Id) ? undefined : UNANSWERED)
      if (!failure) continue
      failures.set(item, failure)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      this.#quiet.warn(`${queue} entry ${failure.code}`, { queue, ...failure }, 'SQS did not take an event of a batch')
    }
    return failures
  }
}

function all(items: readonly BatchItem[], failure: SendFailure, { whole }: { whole: boolean }): Answer {
  return { failures: new Map(items.map((item) => [item, failure])), whole }
}
