import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { FastifyBaseLogger } from 'fastify'
import { SQS_PAYLOAD_TOO_LARGE } from '../errors.ts'
import { sqsMessage } from '../messages.ts'
import {
  IN_S3,
  type DeliveryRef,
  type EventStore,
  type Failure,
  type Lane as LaneKey,
  type StoredEvent
} from '../store/types.ts'
import { backoffMs } from './backoff.ts'
import { Batch, toItem, type BatchItem, type EntryOptions } from './batch.ts'
import { callFailure, entryFailure, failureCode, type SendFailure } from './failures.ts'
import { Lane, type MemoryBudget } from './lane.ts'
import type { Metrics } from '../metrics.ts'
import { QuietLog } from '../quiet-log.ts'
import type { Offload } from './offload.ts'
import type { QueueProvisioner } from './provisioner.ts'
import type { QueueSpec } from './queue-names.ts'

export interface SenderOptions extends EntryOptions {
  client: SQSClient
  provisioner: QueueProvisioner
  store: EventStore
  log: FastifyBaseLogger
  metrics: Metrics
  /** SendMessageBatch calls on their way at once. */
  concurrency: number
  maxPayloadBytes: number
  /** Tries after which a permanent failure makes a dead letter. Other failures are tried for as long as they last. */
  maxAttempts: number
  /** Where messages go that are too large; without it they become dead letters. */
  offload: Offload | undefined
  /** How a queue of this name is to be made, told from an event on its way into it. */
  specOf: (queue: string, event: StoredEvent) => QueueSpec
}

/** The lanes of one queue that have something to send, in the order in which they began to wait. */
interface Line {
  readonly queue: string
  readonly lanes: Lane[]
  /** Calls in a row that failed. While it is not 0, one call at a time tries. */
  attempts: number
  /** Calls on their way. */
  calls: number
  retryTimer: NodeJS.Timeout | undefined
  queued: boolean
}

const UNANSWERED: SendFailure = {
  kind: 'transient',
  code: 'Unanswered',
  message: 'The answer says nothing of this entry'
}

/** What a call came to. */
interface Answer {
  /** The items that SQS did not take. */
  readonly failures: Map<BatchItem, SendFailure>
  /** The call itself failed, not single entries of it. */
  readonly whole: boolean
}

// An outage costs one try per queue and second; the first try after it comes within one.
const RETRY = { baseMs: 100, maxMs: 1_000 }
// Being denied is a matter of minutes: someone has to grant the right.
const RETRY_DENIED = { baseMs: 1_000, maxMs: 60_000 }
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html */
const DELETED_QUEUE_MS = 60_000
const STORE_RETRY_MS = 1_000
const BUFFER_MAX_CHARACTERS = 64 * 1_048_576

/**
 * Brings pending deliveries to SQS: per queue and instance in offset order, in batches filled by whatever waits while
 * at most `concurrency` calls are on their way. Without load an event leaves at once; under load batches are full.
 */
export class SqsSender {
  readonly #options: SenderOptions
  readonly #quiet: QuietLog
  readonly #lanes = new Map<string, Lane>()
  readonly #lines = new Map<string, Line>()
  /** Queues with lanes to send, next first. */
  readonly #ready: Line[] = []
  readonly #budget: MemoryBudget = { used: 0, max: BUFFER_MAX_CHARACTERS }
  readonly #calls = new Set<Promise<void>>()
  /** Acknowledgements and dead letters on their way into the store. */
  readonly #writes = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  #stopped = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#quiet = new QuietLog(options.log)
  }

  /** Takes up what an earlier run left pending. */
  async start(): Promise<void> {
    for (const key of await this.#options.store.pendingLanes()) {
      this.#settle(this.#lane(key.queue, key.instanceKey, { after: 0, behind: true }))
    }
    this.#pump()
  }

  /** New events, committed, in offset order. */
  push(events: readonly StoredEvent[]): void {
    for (const event of events) {
      for (const queue of event.queues) {
        const lane = this.#lane(queue, event.instanceKey, { after: event.offset - 1, behind: false })
        lane.push(event)
        this.#settle(lane)
      }
    }
    this.#pump()
  }

  /** Deliveries that are pending again, older than what their lanes have sent. */
  redriven(lanes: Iterable<LaneKey>): void {
    for (const { queue, instanceKey } of lanes) {
      const lane = this.#lane(queue, instanceKey, { after: 0, behind: true })
      lane.rewind()
      this.#settle(lane)
    }
    this.#pump()
  }

  /** Whether anything is pending for a queue. */
  hasPending(queue: string): boolean {
    return this.#lanes.values().some((lane) => lane.queue === queue)
  }

  /** Sends nothing more, waits for calls on their way, then cuts them off; what they carried stays pending. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true
    for (const { retryTimer } of this.#lines.values()) clearTimeout(retryTimer)
    for (const { retryTimer } of this.#lanes.values()) clearTimeout(retryTimer)
    const { promise: timeout, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([Promise.all(this.#calls), timeout])
    clearTimeout(timer)
    this.#abort.abort()
  }

  #lane(queue: string, instanceKey: number, begin: { after: number; behind: boolean }): Lane {
    const id = laneId(queue, instanceKey)
    let lane = this.#lanes.get(id)
    if (!lane) {
      lane = new Lane({ queue, instanceKey }, this.#budget, begin)
      this.#lanes.set(id, lane)
    }
    return lane
  }

  #line(queue: string): Line {
    let line = this.#lines.get(queue)
    if (!line) {
      line = { queue, lanes: [], attempts: 0, calls: 0, retryTimer: undefined, queued: false }
      this.#lines.set(queue, line)
    }
    return line
  }

  /** Decides what a lane does next: read on, stand in line, or go. */
  #settle(lane: Lane): void {
    if (this.#stopped || lane.inFlight || lane.loading || lane.queued || lane.retryTimer) return
    if (lane.needsLoad) {
      void this.#load(lane)
    } else if (lane.waiting > 0) {
      const line = this.#line(lane.queue)
      lane.queued = true
      line.lanes.push(lane)
      this.#enqueue(line)
    } else {
      this.#lanes.delete(laneId(lane.queue, lane.instanceKey))
    }
  }

  async #load(lane: Lane): Promise<void> {
    const { store } = this.#options
    try {
      // What is sent but not yet written as sent must not be read again.
      lane.loading = true
      await Promise.all(this.#writes)
      await lane.load(store)
      this.#settle(lane)
    } catch (error) {
      if (!this.#stopped) this.#quiet.warn('read', { err: error }, 'Pending events could not be read, trying again')
      this.#retryLane(lane)
    }
    this.#pump()
  }

  #enqueue(line: Line): void {
    if (line.queued || line.retryTimer || line.lanes.length === 0) return
    line.queued = true
    this.#ready.push(line)
  }

  /** Starts calls while there are free ones and something to send. */
  #pump(): void {
    while (!this.#stopped && this.#calls.size < this.#options.concurrency) {
      const line = this.#ready.shift()
      if (!line) return
      line.queued = false
      if (line.retryTimer || (line.attempts > 0 && line.calls > 0)) continue
      const batch = this.#fill(line)
      this.#enqueue(line)
      if (batch.items.length === 0) continue
      line.calls++
      const call = this.#send(line, batch.items).finally(() => {
        this.#calls.delete(call)
        line.calls--
        this.#enqueue(line)
        this.#pump()
      })
      this.#calls.add(call)
    }
  }

  /** Takes from the lanes that wait longest. A lane in the batch is out of line until the batch has come back. */
  #fill(line: Line): Batch {
    const batch = new Batch()
    while (!batch.full) {
      const lane = line.lanes.shift()
      if (!lane) break
      lane.queued = false
      const room = this.#take(lane, batch)
      if (lane.inFlight) continue
      // Nothing of it fitted, or all of it was too large.
      this.#settle(lane)
      if (!room) break
    }
    return batch
  }

  /** Moves events from a lane into the batch. @returns whether the batch has room for another lane */
  #take(lane: Lane, batch: Batch): boolean {
    for (let event = lane.first(); event && !batch.full; event = lane.first()) {
      // What failed goes alone: nothing that is behind it can be accepted before it.
      if (lane.attempts > 0 && lane.inFlight) break
      const item = toItem(event, lane, this.#options)
      if (item.bytes > this.#maxBytes(lane.queue)) {
        const { offload } = this.#options
        if (offload && (event.flags & IN_S3) === 0) {
          // It waits for those before it to be accepted, then for its upload.
          if (!lane.inFlight) void this.#offload(lane, event, offload)
          break
        }
        lane.shift()
        const message = `The message has ${item.bytes} bytes, the limit is ${this.#maxBytes(lane.queue)}`
        this.#bury(item, { reason: SQS_PAYLOAD_TOO_LARGE, message, attempts: 0 })
        continue
      }
      if (!batch.fits(item)) return false
      lane.shift()
      lane.inFlight = true
      batch.add(item)
    }
    return !batch.full
  }

  /** The queue's own limit, where it is smaller than ours. */
  #maxBytes(queue: string): number {
    return Math.min(this.#options.maxPayloadBytes, this.#options.provisioner.maxBytes(queue))
  }

  /** Puts the lane's first event into S3; what is sent of it then is the reference. */
  async #offload(lane: Lane, event: StoredEvent, offload: Offload): Promise<void> {
    lane.loading = true
    try {
      const reference = await offload.put(event, sqsMessage(event, this.#options.serverName), this.#abort.signal)
      lane.replaceFirst({ ...event, data: JSON.stringify(reference), flags: event.flags | IN_S3 })
      lane.loading = false
      this.#settle(lane)
    } catch (error) {
      lane.loading = false
      lane.attempts++
      const code = failureCode(error)
      if (!this.#stopped) this.#quiet.warn(`s3 ${code}`, { err: error }, 'A large message could not be put into S3')
      this.#retryLane(lane)
    }
    this.#pump()
  }

  async #send(line: Line, items: readonly BatchItem[]): Promise<void> {
    const answer = await this.#call(line, items)
    const failed = Map.groupBy(
      items.filter((item) => answer.failures.has(item)),
      ({ lane }) => lane
    )
    const accepted = items.filter((item) => !answer.failures.has(item))
    const { metrics } = this.#options
    metrics.delivered.inc(accepted.length)
    if (accepted.length > 0) this.#acknowledge(accepted)
    // A call that fails as a whole holds its queue back, an entry that fails only its lane.
    if (answer.whole) this.#retryLine(line, answer)
    else line.attempts = 0
    for (const lane of new Set(items.map((item) => item.lane))) {
      lane.inFlight = false
      const kept = this.#withoutDead(lane, failed.get(lane) ?? [], answer)
      metrics.retried.inc(kept.length)
      lane.unshift(kept.map(({ event }) => event))
      if (kept.length > 0 && !answer.whole) this.#retryLane(lane)
      this.#settle(lane)
    }
  }

  /** Counts a lane's failures, and buries what has failed for good often enough. @returns what is to be tried again */
  #withoutDead(lane: Lane, items: readonly BatchItem[], { failures, whole }: Answer): readonly BatchItem[] {
    const [first] = items
    const failure = first && failures.get(first)
    lane.attempts = failure ? lane.attempts + 1 : 0
    lane.refusals = failure?.kind === 'permanent' ? lane.refusals + 1 : 0
    if (!failure || lane.refusals < this.#options.maxAttempts) return items
    // Of a call that failed as a whole none is better than another; else it is the first that the others wait for.
    const dead = items.slice(0, whole ? items.length : 1)
    const { code: reason, message } = failure
    for (const item of dead) this.#bury(item, { reason, message, attempts: lane.refusals })
    lane.refusals = 0
    return items.slice(dead.length)
  }

  /** Not awaited by who sends: it is written with the next commit, and until then only a crash could send these again. */
  #acknowledge(items: readonly BatchItem[]): void {
    this.#write('Sent events could not be written as sent', () =>
      this.#options.store.acknowledge(items.map(deliveryOf))
    )
  }

  /** Writes what became of deliveries; while the store refuses (a full disk), again every second. */
  #write(failure: string, work: () => Promise<void>): void {
    const write = this.#writeUntilDone(failure, work).finally(() => this.#writes.delete(write))
    this.#writes.add(write)
  }

  async #writeUntilDone(failure: string, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (this.#stopped) return
        this.#quiet.warn(failure, { err: error }, `${failure}, trying again`)
        await sleep(STORE_RETRY_MS, undefined, { signal: this.#abort.signal }).catch(() => {})
      }
    }
  }

  /** One SendMessageBatch: which items SQS did not take, and why. */
  async #call({ queue, attempts }: Line, items: readonly BatchItem[]): Promise<Answer> {
    const { client, provisioner, metrics, specOf } = this.#options
    const quiet = this.#quiet
    try {
      // A batch is never empty.
      const spec = specOf(queue, (items[0] as BatchItem).event)
      const QueueUrl = provisioner.url(queue) ?? (await provisioner.ensure(spec))
      const failures = new Map<BatchItem, SendFailure>()
      // A queue that has just been made ready may take less than was thought: all go back, to be measured anew.
      if (items.some(({ bytes }) => bytes > this.#maxBytes(queue))) {
        const message = 'The queue takes smaller messages than was known'
        for (const item of items) failures.set(item, { kind: 'transient', code: SQS_PAYLOAD_TOO_LARGE, message })
        return { failures, whole: false }
      }
      const Entries = items.map(({ entry }) => entry)
      metrics.batchEntries.observe(Entries.length)
      const done = metrics.sendSeconds.startTimer()
      const { Successful = [], Failed = [] } = await client
        .send(new SendMessageBatchCommand({ QueueUrl, Entries }), { abortSignal: this.#abort.signal })
        .finally(done)
      for (const entry of Failed) {
        const failure = entryFailure(entry)
        metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
        // SQS answers with the ids we gave: places in the batch.
        failures.set(items[Number(entry.Id)] as BatchItem, failure)
        quiet.warn(`${queue} entry ${failure.code}`, { queue, ...failure }, 'SQS refused an event of a batch')
      }
      // Accepted is what SQS says it accepted: an answer that leaves an entry out says nothing of it.
      const answered = new Set([...Successful, ...Failed].map(({ Id }) => Id))
      for (const item of items) {
        if (!answered.has(item.entry.Id)) failures.set(item, UNANSWERED)
      }
      return { failures, whole: false }
    } catch (error) {
      const failure = callFailure(error)
      metrics.failures.inc({ kind: failure.kind, code: metrics.code(failure.code) })
      if (failure.kind === 'missing-queue') provisioner.forget(queue)
      if (!this.#stopped) {
        const details = { queue, ...failure, attempts: attempts + 1 }
        quiet.warn(`${queue} ${failure.code}`, details, 'Events could not be sent to SQS')
      }
      return { failures: new Map(items.map((item) => [item, failure])), whole: true }
    }
  }

  #retryLine(line: Line, { failures }: Answer): void {
    if (this.#stopped || line.retryTimer) return
    const [failure] = failures.values()
    const backoff = failure?.kind === 'permanent' ? RETRY_DENIED : RETRY
    line.retryTimer = setTimeout(
      () => {
        line.retryTimer = undefined
        this.#enqueue(line)
        this.#pump()
      },
      failure?.code === 'QueueDeletedRecently' ? DELETED_QUEUE_MS : backoffMs(line.attempts++, backoff)
    )
  }

  #retryLane(lane: Lane): void {
    if (this.#stopped || lane.retryTimer) return
    lane.retryTimer = setTimeout(
      () => {
        lane.retryTimer = undefined
        this.#settle(lane)
        this.#pump()
      },
      backoffMs(lane.attempts++, RETRY)
    )
  }

  #bury(item: BatchItem, failure: Failure): void {
    const { store, log, metrics } = this.#options
    const delivery = deliveryOf(item)
    metrics.dead.inc({ reason: metrics.code(failure.reason) })
    log.error({ ...delivery, ...failure }, 'An event was given up on and became a dead letter')
    this.#write('A dead letter could not be kept', () => store.bury(delivery, failure))
  }
}

function deliveryOf({ lane, event }: BatchItem): DeliveryRef {
  return { queue: lane.queue, instanceKey: lane.instanceKey, offset: event.offset }
}

function laneId(queue: string, instanceKey: number): string {
  return `${queue} ${instanceKey}`
}
