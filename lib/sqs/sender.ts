import { SQS_PAYLOAD_TOO_LARGE } from '../errors.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { retryDelayMs } from './backoff.ts'
import type { Answer, BatchCaller } from './batch-call.ts'
import { Batch, MAX_BATCH_ENTRIES, toItem, type BatchItem, type EntryOptions } from './batch.ts'
import type { CircuitBreaker, CircuitUser } from './circuit-breaker.ts'
import type { DeliveryWriter } from './delivery-writer.ts'
import type { SendFailure } from './failures.ts'
import type { QueueHoldup } from './holdup.ts'
import type { Lane } from './lane.ts'
import type { Lanes, LaneSender } from './lanes.ts'
import type { LargeMessages } from './large-messages.ts'
import type { QueueProvisioner } from './provisioner.ts'
import { QueueLine } from './queue-line.ts'
import type { SentCount } from './sent-count.ts'
import { concurrencyFor, Turns } from './turns.ts'

export interface SenderOptions {
  lanes: Lanes
  caller: BatchCaller
  breaker: CircuitBreaker
  writer: DeliveryWriter
  provisioner: QueueProvisioner
  /** Absent: messages that are too large become dead letters. */
  largeMessages: LargeMessages | undefined
  entries: EntryOptions
  metrics: Metrics
  /** SendMessageBatch calls under way at once. Absent: `concurrencyFor` the queues that have had anything to send. */
  concurrency: number | undefined
  /** Tries after which a permanent failure makes a dead letter. Other failures are retried for as long as they last. */
  maxAttempts: number
  /** Ends everything under way. */
  abort: AbortController
}

/**
 * Sends pending deliveries to SQS: each lane in offset order, in batches filled by the events that wait while as many calls
 * as may be are under way. Without load an event leaves at once; under load batches are full.
 */
export class SqsSender implements CircuitUser, LaneSender {
  readonly #options: SenderOptions
  readonly #lanes: Lanes
  readonly #lines = new Map<string, QueueLine>()
  readonly #turns: Turns
  /** Queues that wait because SQS as a whole failed. */
  readonly #stalled = new Set<QueueLine>()
  readonly #calls = new Set<Promise<void>>()
  #stopped = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#lanes = options.lanes
    const { concurrency } = options
    this.#turns = new Turns(() => concurrency ?? concurrencyFor(this.#lines.size))
  }

  get needsCalls(): boolean {
    return this.#lines.values().some(isActive)
  }

  get stalled(): boolean {
    return this.#options.breaker.open
  }

  start(): Promise<void> {
    this.#options.breaker.start(this)
    return this.#lanes.start(this)
  }

  /** Sends nothing more, waits for calls under way, then ends them; their events stay pending. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true
    this.#options.breaker.stop()
    for (const line of this.#lines.values()) line.wake()
    // Lanes with nothing under way are handed over now.
    const handedOver = this.#lanes.stop()
    const { promise: timeout, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([Promise.all(this.#calls), timeout])
    clearTimeout(timer)
    this.#options.abort.abort()
    await handedOver
  }

  /** The reasons why queues and lanes with events to send are held back. In an outage these are all queues. */
  holdups(): QueueHoldup[] {
    const { outage } = this.#options.breaker
    const lines = this.#lines.values().filter(isActive)
    const held = lines.map(({ queue, holdup }) => ({ queue, holdup: outage.holdupOf(holdup) }))
    return [...held, ...this.#lanes].flatMap(({ queue, holdup }) => (holdup ? [{ queue, ...holdup }] : []))
  }

  /** What each queue has accepted since the start. */
  *sent(): Generator<[queue: string, sent: SentCount], undefined> {
    for (const { queue, sent } of this.#lines.values()) if (sent.lastAt) yield [queue, sent]
  }

  callsMayBegin(): void {
    for (const line of this.#stalled) {
      line.resume()
      this.#turns.add(line)
    }
    this.#stalled.clear()
    this.pump()
  }

  enqueue(lane: Lane): void {
    const line = this.#line(lane.queue)
    line.push(lane)
    this.#turns.add(line)
  }

  grown({ queue }: Lane): void {
    this.#turns.add(this.#line(queue))
  }

  wake(queue: string): void {
    const line = this.#line(queue)
    line.wake()
    this.#turns.add(line)
  }

  /** Begins calls for as long as one is free and there is something to send. */
  pump(): void {
    while (!this.#stopped && !this.#options.breaker.open) {
      const line = this.#turns.take()
      if (!line) return
      const { items, full } = this.#fill(line)
      const end = items.length > 0 ? this.#turns.begin(line, { full }) : undefined
      this.#turns.add(line)
      if (!end) continue
      const call = this.#send(line, items).finally(() => {
        this.#calls.delete(call)
        end()
        this.#turns.add(line)
        this.pump()
      })
      this.#calls.add(call)
    }
  }

  #line(queue: string): QueueLine {
    let line = this.#lines.get(queue)
    if (!line) {
      line = new QueueLine(queue)
      this.#lines.set(queue, line)
    }
    return line
  }

  /** Takes events from the lanes that have waited longest. A lane in the batch is not in line until the batch comes back. */
  #fill(line: QueueLine): Batch {
    const batch = new Batch(line.limit)
    while (!batch.full) {
      const lane = line.shift()
      if (!lane) break
      if (!this.#lanes.maySend(lane)) {
        // The right to send is about to be lost, or to be renewed.
        this.#lanes.retry(lane)
        continue
      }
      if (batch.items.length >= lane.limit) {
        // It was in a batch that was refused permanently: the next batch begins with it.
        line.unshift(lane)
        break
      }
      batch.atMost(lane.limit)
      const room = this.#take(lane, batch)
      if (lane.state === 'inFlight') continue
      // Nothing of it fitted, all of it was too large, or it was not read during an outage.
      this.#lanes.settle(lane)
      if (!room) break
    }
    return batch
  }

  /** Moves events from a lane into the batch. Returns whether the batch has room for another lane. */
  #take(lane: Lane, batch: Batch): boolean {
    const { largeMessages, provisioner, writer, entries } = this.#options
    const maxBytes = provisioner.maxBytes(lane.queue)
    const options = { ...entries, maxBytes }
    for (let event = lane.first; event && !batch.full; event = lane.first) {
      const inBatch = lane.state === 'inFlight'
      // After a failure the first event goes alone: nothing behind it can be accepted before it.
      if (lane.attempts > 0 && inBatch) break
      const item = toItem(event, lane, options)
      if (item.bytes > maxBytes) {
        if (largeMessages && !event.s3) {
          // It waits for those before it to be accepted, then for its upload.
          if (!inBatch) void this.#upload(item, largeMessages)
          break
        }
        lane.shift()
        const message = `The message has ${item.bytes} bytes, the limit is ${maxBytes}`
        writer.bury(item, { reason: SQS_PAYLOAD_TOO_LARGE, message, attempts: 0 })
        continue
      }
      if (!batch.fits(item)) return false
      lane.shift()
      lane.depart()
      batch.add(item)
    }
    return !batch.full
  }

  async #upload(item: BatchItem, largeMessages: LargeMessages): Promise<void> {
    const { lane } = item
    const failure = await largeMessages.upload(item)
    // Otherwise it was dropped meanwhile.
    if (failure && lane.state === 'idle') {
      lane.tried(failure)
      if (this.#buryRefused(item, failure)) lane.shift()
      this.#lanes.retry(lane, failure)
    }
    this.#lanes.settle(lane)
    this.pump()
  }

  async #send(line: QueueLine, items: readonly BatchItem[]): Promise<void> {
    const answer = await this.#options.caller.call(line.queue, items)
    if (!answer) return this.#putBack(items)
    const accepted = items.filter((item) => !answer.failures.has(item))
    if (accepted.length > 0) line.sent.add(accepted.length, Date.now())
    this.#options.writer.acknowledge(accepted)
    // A call that fails as a whole holds its queue back, an entry that fails only its lane. Of a call that is refused
    // permanently one entry may be the cause, or their size: fewer go next, and in the end each alone.
    const [failure] = answer.failures.values()
    const refused = answer.whole && failure?.kind === 'permanent'
    const alone = refused && items.length === 1
    const fewer = items.length >> 1
    if (refused && !alone) line.shrink(fewer)
    else if (!answer.whole) line.grow()
    const held = answer.whole && !alone
    line.tried(held ? failure : undefined)
    if (held) this.#retryLine(line, failure)
    const failed = Map.groupBy(
      items.filter((item) => answer.failures.has(item)),
      ({ lane }) => lane
    )
    for (const lane of new Set(items.map((item) => item.lane))) {
      lane.arrive()
      if (lane.state === 'dropped') continue
      const back = failed.get(lane) ?? []
      if (back.length === 0) lane.limit = MAX_BATCH_ENTRIES
      else if (refused) lane.limit = Math.max(1, fewer)
      const kept = refused && !alone ? back : this.#withoutDead(lane, back, answer)
      this.#options.metrics.retried.inc(kept.length)
      lane.unshift(kept.map(({ event }) => event))
      if (kept.length > 0 && (alone || !answer.whole)) this.#lanes.retry(lane, alone ? failure : undefined)
      this.#lanes.settle(lane)
    }
  }

  /** Returns events to their lanes, which send them once they may. */
  #putBack(items: readonly BatchItem[]): void {
    for (const [lane, back] of Map.groupBy(items, ({ lane }) => lane)) {
      lane.arrive()
      if (lane.state === 'dropped') continue
      lane.unshift(back.map(({ event }) => event))
      this.#lanes.retry(lane)
    }
  }

  /** Counts a lane's try, and buries an event that was refused often enough. Returns the events to try again. */
  #withoutDead(lane: Lane, items: readonly BatchItem[], { failures }: Answer): readonly BatchItem[] {
    // The first is the one that the others wait for.
    const [first] = items
    const failure = first && failures.get(first)
    lane.tried(failure)
    return first && failure && this.#buryRefused(first, failure) ? items.slice(1) : items
  }

  /** Gives a lane's first event up, if SQS or S3 has refused it often enough. Returns whether it did. */
  #buryRefused(item: BatchItem, { code: reason, message }: SendFailure): boolean {
    const { lane } = item
    if (lane.refusals < this.#options.maxAttempts) return false
    this.#options.writer.bury(item, { reason, message, attempts: lane.refusals })
    lane.refusals = 0
    return true
  }

  #retryLine(line: QueueLine, failure: SendFailure | undefined): void {
    if (this.#stopped || line.waiting) return
    if (this.#options.breaker.open) this.#stalled.add(line)
    const delayMs = retryDelayMs(line.attempts, failure?.kind === 'permanent' ? undefined : failure)
    line.wait(delayMs, () => {
      this.#turns.add(line)
      this.pump()
    })
  }
}

/** True for a queue that has something to send, or a call under way. */
function isActive({ empty, calls }: QueueLine): boolean {
  return !empty || calls > 0
}
