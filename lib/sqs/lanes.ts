import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { StoredEvent } from '../events/event.ts'
import type { DeliveryStore, LaneKey } from '../store/delivery-store.ts'
import { partitionOf } from '../store/partitions.ts'
import { QuietLog } from '../telemetry/quiet-log.ts'
import { retryDelayMs } from './backoff.ts'
import type { DeliveryWriter } from './delivery-writer.ts'
import type { SendFailure } from './failures.ts'
import { FifoSet } from './fifo-set.ts'
import { Lane, type MemoryBudget } from './lane.ts'
import type { ContentOf } from './lane-event.ts'

export interface LanesOptions {
  deliveries: DeliveryStore
  writer: DeliveryWriter
  contentOf: ContentOf
  log: FastifyBaseLogger
  /** Runs work that must not throw. */
  guard: (failure: string, work: () => void) => void
}

/** Sends the events of lanes. */
export interface LaneSender {
  /** True while no call is made, because SQS fails as a whole. */
  readonly stalled: boolean
  /** The lane has events to send. */
  enqueue(lane: Lane): void
  /** A lane that is enqueued has more events to send. */
  grown(lane: Lane): void
  /** Something was redriven into this queue: it is to be tried again at once. */
  wake(queue: string): void
  /** Every lane that can be sent now was enqueued. */
  pump(): void
}

/** Characters of events in the memory of all lanes: about 64 MB, as characters may take two bytes. */
const BUFFER_MAX_CHARACTERS = 32 * 1_048_576

/** Milliseconds for which lanes are read, or begun, in one turn of the event loop. */
const TURN_MS = 10

const NOT_QUEUED = 'Pending events could not be queued'

/**
 * The lanes that this process sends. A lane begins when the store reports events of it, is read from the store when its
 * window runs low, and ends when it is empty or another process sends it.
 */
export class Lanes {
  readonly #deliveries: DeliveryStore
  readonly #writer: DeliveryWriter
  readonly #contentOf: ContentOf
  readonly #quiet: QuietLog
  readonly #guard: LanesOptions['guard']
  readonly #lanes = new Map<string, Lane>()
  /** Lanes that were dropped while a batch of theirs was in flight, and promises that resolve when it comes back. */
  readonly #leaving = new Map<Lane, Promise<void>>()
  readonly #budget: MemoryBudget = { used: 0, max: BUFFER_MAX_CHARACTERS }
  /** Lanes with pending events that have not started, by instance. */
  readonly #toBegin = new Map<number, LaneKey[]>()
  #isBeginning = false
  /** Lanes whose next page is to be read. */
  readonly #toLoad = new FifoSet<Lane>()
  #isLoading = false
  /** Set by `start`, before there is any lane. */
  #sender!: LaneSender
  #stopWatching: (() => Promise<void>) | undefined
  #stopped = false

  constructor({ deliveries, writer, contentOf, log, guard }: LanesOptions) {
    this.#deliveries = deliveries
    this.#writer = writer
    this.#contentOf = contentOf
    this.#quiet = new QuietLog(log)
    this.#guard = guard
  }

  /** Begins with the events that an earlier run left pending; later ones follow as the store reports them. */
  async start(sender: LaneSender): Promise<void> {
    this.#sender = sender
    const guard = this.#guard
    this.#stopWatching = await this.#deliveries.watch({
      pending: (lanes) => this.#pending(lanes),
      appended: (events) => guard(NOT_QUEUED, () => this.#appended(events)),
      redriven: (lanes) => guard(NOT_QUEUED, () => this.#redriven(lanes)),
      release: (partitions) => this.#release(partitions),
      revoked: (partitions) => guard(NOT_QUEUED, () => this.#drop(partitions))
    })
  }

  /** Enqueues nothing more. Resolves when all lanes are handed over: batches under way must have come back before. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const lane of this.#lanes.values()) lane.wake()
    await this.#stopWatching?.()
  }

  [Symbol.iterator](): Iterator<Lane> {
    return this.#lanes.values()
  }

  /** True if this process may send events of the lane now. */
  maySend({ instanceKey, state }: Lane): boolean {
    // Of a lane that is leaving, this process may have begun a new one.
    return state !== 'leaving' && this.#deliveries.maySend(instanceKey)
  }

  /** Decides what an idle lane does next: read on, be sent (once it is read, if it must wait), or end. */
  settle(lane: Lane): void {
    if (this.#stopped || lane.state !== 'idle') return
    if (lane.needsLoad && !this.#mustWait(lane)) this.#load(lane)
    else if (lane.needsLoad || lane.size > 0) this.#sender.enqueue(lane)
    else this.#lanes.delete(laneId(lane.queue, lane.instanceKey))
  }

  /** Settles an idle lane after a delay. @param failure why its try failed; `undefined`: not because of SQS or S3 */
  retry(lane: Lane, failure?: SendFailure): void {
    if (this.#stopped || lane.state !== 'idle') return
    lane.wait(retryDelayMs(lane.attempts, failure), () => {
      this.settle(lane)
      this.#sender.pump()
    })
  }

  /** The store has more events of these lanes than it has reported. */
  #pending(keys: readonly LaneKey[]): void {
    for (const key of keys) {
      const waiting = this.#toBegin.get(key.instanceKey)
      if (waiting) waiting.push(key)
      else this.#toBegin.set(key.instanceKey, [key])
    }
    if (!this.#isBeginning) void this.#beginAll()
  }

  /** Starts all lanes, in several turns of the event loop, because a restart may find very many. */
  async #beginAll(): Promise<void> {
    this.#isBeginning = true
    for (;;) {
      this.#guard(NOT_QUEUED, () => this.#beginSome())
      if (this.#toBegin.size === 0 || this.#stopped) break
      await setImmediate()
    }
    this.#isBeginning = false
  }

  #beginSome(): void {
    const begun = performance.now()
    for (const instanceKey of this.#toBegin.keys()) {
      this.#begin(instanceKey)
      if (performance.now() - begun >= TURN_MS) break
    }
    this.#sender.pump()
  }

  /** Starts the waiting lanes of an instance. */
  #begin(instanceKey: number): void {
    // Only called for one that waits.
    const keys = this.#toBegin.get(instanceKey) as readonly LaneKey[]
    this.#toBegin.delete(instanceKey)
    for (const key of keys) {
      const known = this.#lanes.get(laneId(key.queue, instanceKey))
      const lane = known ?? this.#open(key, { after: 0, behind: true })
      if (known) lane.fallBehind()
      // Acknowledgements of an earlier lane of this key may not be stored yet: it waits for them before it reads.
      else lane.rewind()
      this.settle(lane)
    }
  }

  /** New events, committed, in offset order. */
  #appended(events: readonly StoredEvent[]): void {
    for (const event of events) {
      // Its lanes may have older events.
      if (this.#toBegin.has(event.instanceKey)) this.#begin(event.instanceKey)
      for (const queue of event.queues) {
        const { instanceKey } = event
        const lane =
          this.#lanes.get(laneId(queue, instanceKey)) ??
          this.#open({ queue, instanceKey }, { after: event.offset - 1, behind: false })
        lane.push(event)
        if (lane.state === 'queued') this.#sender.grown(lane)
        else this.settle(lane)
      }
    }
    this.#sender.pump()
  }

  /** Deliveries are pending again that are older than what their lanes have sent. */
  #redriven(keys: readonly LaneKey[]): void {
    for (const key of keys) {
      const known = this.#lanes.get(laneId(key.queue, key.instanceKey))
      const lane = known ?? this.#open(key, { after: 0, behind: true })
      lane.rewind()
      // Somebody has just fixed what failed: neither the lane nor its queue waits any longer.
      lane.wake()
      this.#sender.wake(key.queue)
      this.settle(lane)
    }
    this.#sender.pump()
  }

  /** Hands partitions over to another process: each once its batches have come back, and their results are stored. */
  async *#release(partitions: ReadonlySet<number>): AsyncGenerator<ReadonlySet<number>> {
    this.#drop(partitions)
    for (let left = partitions; left.size > 0;) {
      const busy = new Set(this.#leaving.keys().map(({ instanceKey }) => partitionOf(instanceKey)))
      const done = left.difference(busy)
      left = left.intersection(busy)
      if (done.size > 0) {
        await this.#writer.settled()
        yield done
      } else await Promise.race(this.#leaving.values())
    }
  }

  #drop(partitions: ReadonlySet<number>): void {
    for (const instanceKey of this.#toBegin.keys())
      if (partitions.has(partitionOf(instanceKey))) this.#toBegin.delete(instanceKey)
    for (const [id, lane] of this.#lanes) {
      if (!partitions.has(partitionOf(lane.instanceKey))) continue
      this.#lanes.delete(id)
      const left = lane.drop()
      if (left)
        this.#leaving.set(
          lane,
          left.then(() => void this.#leaving.delete(lane))
        )
    }
  }

  #open(key: LaneKey, begin: { after: number; behind: boolean }): Lane {
    const { queue, instanceKey } = key
    const options = { queue, instanceKey, epoch: this.#deliveries.epoch, contentOf: this.#contentOf }
    const lane = new Lane(options, this.#budget, begin)
    this.#lanes.set(laneId(key.queue, key.instanceKey), lane)
    return lane
  }

  /** True for a lane that stands in line without an event, since nothing is sent now: all next events may take much memory. */
  #mustWait(lane: Lane): boolean {
    return this.#sender.stalled && lane.size === 0 && !lane.hasRoom
  }

  #load(lane: Lane): void {
    lane.startLoading()
    this.#toLoad.add(lane)
    if (!this.#isLoading) void this.#loadAll()
  }

  /** Lanes are read one after the other, so that each one sees how much memory the others take. */
  async #loadAll(): Promise<void> {
    this.#isLoading = true
    // Those that begin in this turn are all there then.
    await Promise.resolve()
    let begun = performance.now()
    for (let lane = this.#toLoad.first; lane; lane = this.#toLoad.first) {
      this.#toLoad.delete(lane)
      await this.#loadNow(lane)
      // The store may answer from memory: others have their turn then.
      if (performance.now() - begun < TURN_MS) continue
      await setImmediate()
      begun = performance.now()
    }
    this.#isLoading = false
  }

  async #loadNow(lane: Lane): Promise<void> {
    if (this.#mustWait(lane)) {
      lane.stopLoading()
      return this.settle(lane)
    }
    try {
      // Events whose acknowledgement is not stored yet would be read again from the beginning.
      if (lane.rewinding) await this.#writer.settled()
      await lane.load(this.#deliveries)
      this.settle(lane)
    } catch (error) {
      if (!this.#stopped) this.#quiet.warn('read', { err: error }, 'Pending events could not be read, trying again')
      lane.attempts++
      this.retry(lane)
    }
    this.#sender.pump()
  }
}

function laneId(queue: string, instanceKey: number): string {
  return `${queue} ${instanceKey}`
}
