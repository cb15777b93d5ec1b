import type { FastifyBaseLogger } from 'fastify'
import { SQS_PAYLOAD_TOO_LARGE } from '../errors.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { partitionOf } from '../store/partitions.ts'
import { IN_S3, type StoredEvent } from '../events/event.ts'
import { writeExtras } from '../events/extras.ts'
import type { EventStore } from '../store/event-store.ts'
import type { LaneKey } from '../store/delivery-store.ts'
import { retryDelayMs } from './backoff.ts'
import { BatchCaller, type Answer, type BatchCallerOptions } from './batch-call.ts'
import { Batch, MAX_BATCH_ENTRIES, toItem, type BatchItem, type EntryOptions } from './batch.ts'
import { DeliveryWriter } from './delivery-writer.ts'
import { callFailure, type SendFailure } from './failures.ts'
import { holdupAfter, type QueueHoldup } from './holdup.ts'
import { Lane, type MemoryBudget } from './lane.ts'
import { hasBatch, newQueueLine, type QueueLine } from './queue-line.ts'
import type { Offload } from './offload.ts'

export interface SenderOptions
  extends EntryOptions, Pick<BatchCallerOptions, 'client' | 'address' | 'provisioner' | 'specOf' | 'probe'> {
  store: EventStore
  log: FastifyBaseLogger
  metrics: Metrics
  /** Runs what must not throw. */
  guard: (failure: string, work: () => void) => void
  /** SendMessageBatch calls on their way at once. */
  concurrency: number
  maxPayloadBytes: number
  /** Tries after which a permanent failure makes a dead letter. Other failures are tried for as long as they last. */
  maxAttempts: number
  /** Where messages go that are too large; without it they become dead letters. */
  offload: Offload | undefined
}

/** One entry more after so many calls that were accepted. */
const LIMIT_GROWTH = 1 / 16
const EXTRA_BESIDE_REFERENCE = 512
const BUFFER_MAX_CHARACTERS = 32 * 1_048_576

/**
 * Brings pending deliveries to SQS: per queue and instance in offset order, in batches filled by whatever waits while
 * at most `concurrency` calls are on their way. Without load an event leaves at once; under load batches are full.
 * Past 300 lines, since the states of lanes and queues change here and nowhere else.
 */
export class SqsSender {
  readonly #options: SenderOptions
  readonly #quiet: QuietLog
  readonly #caller: BatchCaller
  readonly #writer: DeliveryWriter
  readonly #lanes = new Map<string, Lane>()
  /** Lanes that were dropped while something of them was under way. */
  readonly #leaving = new Set<Lane>()
  readonly #lines = new Map<string, QueueLine>()
  /** Queues with lanes to send, next first. */
  readonly #ready: QueueLine[] = []
  /** Those of them whose last call failed. */
  readonly #failing: QueueLine[] = []
  /** Calls on their way of queues that fail. */
  #retries = 0
  #retriedLast = false
  readonly #budget: MemoryBudget = { used: 0, max: BUFFER_MAX_CHARACTERS }
  readonly #calls = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  /** Reads and uploads under way: lanes are `loading` meanwhile. */
  readonly #loading = new Set<Promise<void>>()
  #loads: Promise<void> = Promise.resolve()
  #stopWatching: (() => Promise<void>) | undefined
  #stopped = false

  constructor(options: SenderOptions) {
    this.#options = options
    const { signal } = this.#abort
    const quiet = new QuietLog(options.log)
    this.#quiet = quiet
    this.#caller = new BatchCaller({ ...options, quiet, signal, maxBytes: (queue) => this.#maxBytes(queue) })
    this.#writer = new DeliveryWriter({ ...options, quiet, signal })
  }

  /** Takes up what an earlier run left pending, and what is this process's to send from now on. */
  async start(): Promise<void> {
    const { store, guard } = this.#options
    const failed = 'What is pending could not be taken up'
    this.#stopWatching = await store.deliveries.watch({
      pending: (lanes) => guard(failed, () => this.pending(lanes)),
      appended: (events) => guard(failed, () => this.appended(events)),
      redriven: (lanes) => guard(failed, () => this.redriven(lanes)),
      release: (partitions) => this.release(partitions),
      revoked: (partitions) => guard(failed, () => this.revoked(partitions))
    })
  }

  /** Lanes of which the store has more than they were given. */
  pending(lanes: readonly LaneKey[]): void {
    for (const { queue, instanceKey } of lanes) {
      const known = this.#lanes.get(laneId(queue, instanceKey))
      const lane = known ?? this.#lane(queue, instanceKey, { after: 0, behind: true })
      if (known) lane.fallBehind()
      // Of one that was here before, what is sent may not be written as sent yet.
      else lane.rewind()
      this.#settle(lane)
    }
    this.#pump()
  }

  /** New events, committed, in offset order. */
  appended(events: readonly StoredEvent[]): void {
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
      // Whoever redrives has mended something: nothing waits any more for having failed.
      const line = this.#line(queue)
      for (const waiting of [lane, line]) {
        clearTimeout(waiting.retryTimer)
        waiting.retryTimer = undefined
        waiting.attempts = 0
      }
      this.#enqueue(line)
      this.#settle(lane)
    }
    this.#pump()
  }

  /** Another process sends for these from now on: each is told when nothing of it is under way, and all is written. */
  async *release(partitions: ReadonlySet<number>): AsyncGenerator<ReadonlySet<number>> {
    this.#drop(partitions)
    for (let left = partitions; left.size > 0;) {
      for (const lane of this.#leaving) if (!lane.inFlight && !lane.loading) this.#leaving.delete(lane)
      const busy = new Set([...this.#leaving].map(({ instanceKey }) => partitionOf(instanceKey)))
      const done = left.difference(busy)
      left = left.intersection(busy)
      if (done.size > 0) {
        await this.#writer.settled()
        yield done
        // Only what is still under way: with anything that is done it would go round and round, and nothing else.
      } else await Promise.race([...this.#calls, ...this.#loading])
    }
  }

  revoked(partitions: ReadonlySet<number>): void {
    this.#drop(partitions)
  }

  /** Whether anything is pending for a queue. */
  hasPending(queue: string): boolean {
    return this.#lanes.values().some((lane) => lane.queue === queue)
  }

  /** What queues and lanes with something to send wait for. */
  holdups(): QueueHoldup[] {
    const lines = this.#lines.values().filter(({ lanes, calls }) => lanes.length > 0 || calls > 0)
    return [...lines, ...this.#lanes.values()].flatMap(({ queue, holdup }) => (holdup ? [{ queue, ...holdup }] : []))
  }

  /** The failure of all that is sent, if nothing else came back lately. */
  get outage(): SendFailure | undefined {
    return this.#caller.outage.failure
  }

  /** Sends nothing more, waits for calls on their way, then cuts them off; what they carried stays pending. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true
    for (const { retryTimer } of this.#lines.values()) clearTimeout(retryTimer)
    for (const { retryTimer } of this.#lanes.values()) clearTimeout(retryTimer)
    // What waits for nothing is handed over now.
    const handedOver = this.#stopWatching?.()
    const { promise: timeout, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeoutMs)
    await Promise.race([Promise.all(this.#calls), timeout])
    clearTimeout(timer)
    this.#abort.abort()
    await handedOver
  }

  #drop(partitions: ReadonlySet<number>): void {
    for (const [id, lane] of this.#lanes) {
      if (!partitions.has(partitionOf(lane.instanceKey))) continue
      lane.drop()
      this.#lanes.delete(id)
      if (lane.inFlight || lane.loading) this.#leaving.add(lane)
    }
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

  #line(queue: string): QueueLine {
    let line = this.#lines.get(queue)
    if (!line) {
      line = newQueueLine(queue)
      this.#lines.set(queue, line)
    }
    return line
  }

  /** Decides what a lane does next: read on, stand in line, or go. */
  #settle(lane: Lane): void {
    if (this.#stopped || lane.dropped || lane.inFlight || lane.loading || lane.queued || lane.retryTimer) return
    if (lane.needsLoad) {
      this.#load(lane)
    } else if (lane.waiting > 0) {
      const line = this.#line(lane.queue)
      lane.queued = true
      line.lanes.push(lane)
      this.#enqueue(line)
    } else {
      this.#lanes.delete(laneId(lane.queue, lane.instanceKey))
    }
  }

  /** One lane reads after the other: each sees how much memory those before it have taken. */
  #load(lane: Lane): void {
    lane.loading = true
    const load = this.#loads.then(() => this.#loadNow(lane)).finally(() => this.#loading.delete(load))
    this.#loads = load
    this.#loading.add(load)
  }

  async #loadNow(lane: Lane): Promise<void> {
    try {
      // What is sent but not yet written as sent must not be read again, as it would be from the beginning.
      if (lane.rewinding) await this.#writer.settled()
      await lane.load(this.#options.store)
      this.#settle(lane)
    } catch (error) {
      if (!this.#stopped) this.#quiet.warn('read', { err: error }, 'Pending events could not be read, trying again')
      lane.loading = false
      lane.attempts++
      this.#retryLane(lane)
    }
    this.#pump()
  }

  #enqueue(line: QueueLine): void {
    if (line.queued || line.retryTimer || line.lanes.length === 0) return
    line.queued = true
    ;(line.attempts > 0 ? this.#failing : this.#ready).push(line)
  }

  /** Starts calls while there are free ones and something to send. */
  #pump(): void {
    while (!this.#stopped && this.#calls.size < this.#options.concurrency) {
      const line = this.#next()
      if (!line) return
      line.queued = false
      const retry = line.attempts > 0
      if (line.retryTimer || (retry && line.calls > 0)) continue
      const batch = this.#fill(line)
      this.#enqueue(line)
      if (batch.items.length === 0) continue
      line.calls++
      if (retry) this.#retries++
      this.#retriedLast = retry
      const call = this.#send(line, batch.items).finally(() => {
        this.#calls.delete(call)
        line.calls--
        if (retry) this.#retries--
        this.#enqueue(line)
        this.#pump()
      })
      this.#calls.add(call)
    }
  }

  /** The queue that sends next. */
  #next(): QueueLine | undefined {
    const half = this.#options.concurrency / 2
    const [line] = this.#ready
    const [failing] = this.#failing
    // A call that fails may last until its deadline: queues that fail have half of the calls, and leave the other half.
    if (failing && this.#retries < half && (!line || (this.#retries === 0 && !this.#retriedLast)))
      return this.#failing.shift()
    // Half of the calls are for full batches: with what is short of one the others come soon enough, and take more.
    if (!line || (this.#calls.size - this.#retries >= half && !hasBatch(line))) return undefined
    return this.#ready.shift()
  }

  /** Takes from the lanes that wait longest. A lane in the batch is out of line until the batch has come back. */
  #fill(line: QueueLine): Batch {
    const batch = new Batch(Math.floor(line.limit))
    while (!batch.full) {
      const lane = line.lanes.shift()
      if (!lane) break
      lane.queued = false
      if (!this.#options.store.deliveries.maySend(lane.instanceKey)) {
        // The right to send is about to be lost, or to be renewed.
        this.#retryLane(lane)
        continue
      }
      if (batch.items.length >= lane.limit) {
        // It was in a batch that was refused for good: the next one begins with it.
        lane.queued = true
        line.lanes.unshift(lane)
        break
      }
      batch.atMost(lane.limit)
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
          if (!lane.inFlight) this.#upload(item, offload)
          break
        }
        lane.shift()
        const message = `The message has ${item.bytes} bytes, the limit is ${this.#maxBytes(lane.queue)}`
        this.#writer.bury(item, { reason: SQS_PAYLOAD_TOO_LARGE, message, attempts: 0 })
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

  #upload(item: BatchItem, offload: Offload): void {
    const upload = this.#offload(item, offload).finally(() => this.#loading.delete(upload))
    this.#loading.add(upload)
  }

  /** Puts the lane's first event into S3; what is sent of it then is the reference. */
  async #offload(item: BatchItem, offload: Offload): Promise<void> {
    const { lane, event, entry } = item
    lane.loading = true
    try {
      // toItem has written it.
      const reference = await offload.put(event, entry.MessageBody as string, this.#abort.signal)
      // The object has it all: what is long beside `data` need not travel twice.
      const extra = writeExtras(event).length > EXTRA_BESIDE_REFERENCE ? '' : event.extra
      lane.replaceFirst({ ...event, data: JSON.stringify(reference), extra, flags: event.flags | IN_S3 })
      lane.loading = false
      this.#settle(lane)
    } catch (error) {
      lane.loading = false
      const failure = callFailure(error)
      this.#options.metrics.failures.inc({ kind: failure.kind, code: this.#options.metrics.code(failure.code) })
      if (!this.#stopped) this.#quiet.warn(`s3 ${failure.code}`, failure, 'A large message could not be put into S3')
      if (this.#withoutDead(lane, [item], { failures: new Map([[item, failure]]) }).length === 0) lane.shift()
      this.#retryLane(lane, failure)
    }
    this.#pump()
  }

  async #send(line: QueueLine, items: readonly BatchItem[]): Promise<void> {
    const answer = await this.#caller.call(line.queue, items)
    const failed = Map.groupBy(
      items.filter((item) => answer.failures.has(item)),
      ({ lane }) => lane
    )
    this.#writer.acknowledge(items.filter((item) => !answer.failures.has(item)))
    // A call that fails as a whole holds its queue back, an entry that fails only its lane. Of a call that is refused for
    // good one entry may be to blame, or their size: fewer go, and in the end each alone.
    const [failure] = answer.failures.values()
    const refused = answer.whole && failure?.kind === 'permanent'
    const alone = refused && items.length === 1
    const fewer = items.length >> 1
    if (refused && !alone) line.limit = fewer
    else if (!answer.whole) line.limit = Math.min(MAX_BATCH_ENTRIES, line.limit + LIMIT_GROWTH)
    const held = answer.whole && !alone
    line.holdup = holdupAfter(held ? failure : undefined, line.holdup)
    if (held) this.#retryLine(line, failure)
    else line.attempts = 0
    for (const lane of new Set(items.map((item) => item.lane))) {
      lane.inFlight = false
      if (lane.dropped) continue
      const back = failed.get(lane) ?? []
      if (back.length === 0) lane.limit = MAX_BATCH_ENTRIES
      else if (refused) lane.limit = Math.max(1, fewer)
      const kept = refused && !alone ? back : this.#withoutDead(lane, back, answer)
      this.#options.metrics.retried.inc(kept.length)
      lane.unshift(kept.map(({ event }) => event))
      if (kept.length > 0 && (alone || !answer.whole)) this.#retryLane(lane, alone ? failure : undefined)
      this.#settle(lane)
    }
  }

  /** Counts a lane's failures, and buries what has failed for good often enough. @returns what is to be tried again */
  #withoutDead(lane: Lane, items: readonly BatchItem[], { failures }: Pick<Answer, 'failures'>): readonly BatchItem[] {
    const [first] = items
    const failure = first && failures.get(first)
    lane.holdup = holdupAfter(failure, lane.holdup)
    lane.attempts = failure ? lane.attempts + 1 : 0
    lane.refusals = failure?.kind === 'permanent' ? lane.refusals + 1 : 0
    if (!failure || lane.refusals < this.#options.maxAttempts) return items
    // The first is what the others wait for.
    const { code: reason, message } = failure
    this.#writer.bury(first, { reason, message, attempts: lane.refusals })
    lane.refusals = 0
    return items.slice(1)
  }

  #retryLine(line: QueueLine, failure: SendFailure | undefined): void {
    if (this.#stopped || line.retryTimer) return
    const delayMs = retryDelayMs(line.attempts++, failure?.kind === 'permanent' ? undefined : failure)
    line.retryTimer = setTimeout(() => {
      line.retryTimer = undefined
      this.#enqueue(line)
      this.#pump()
    }, delayMs)
  }

  #retryLane(lane: Lane, failure?: SendFailure): void {
    if (this.#stopped || lane.dropped || lane.retryTimer) return
    lane.retryTimer = setTimeout(
      () => {
        lane.retryTimer = undefined
        this.#settle(lane)
        this.#pump()
      },
      retryDelayMs(lane.attempts, failure)
    )
  }
}

function laneId(queue: string, instanceKey: number): string {
  return `${queue} ${instanceKey}`
}
