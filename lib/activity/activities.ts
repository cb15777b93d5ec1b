import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { CONNECTION_EVENTS, connectionState } from '../event-log/connection.ts'
import type { StoredEvent } from '../events/event.ts'
import type { Instance } from '../instances/instance.ts'
import type { EventStore } from '../store/event-store.ts'
import { type ActivityRecord, ActivityTable } from './activity-table.ts'
import { type EventCounts, PART_MS } from './windows.ts'

/** The recent activity of an instance. */
export interface Activity {
  /** Time of the last event; `null`: none is known. */
  readonly lastEventAt: Date | null
  /** Name of the last event. */
  readonly lastEvent: string | null
  /** State of its connection, by the last event about it; `null`: none is known. */
  readonly connectionState: string | null
  /** Number of events in the last minute, hour and day. */
  readonly events: EventCounts
}

export interface ActivitiesOptions {
  store: Pick<EventStore, 'log' | 'deliveries' | 'instances' | 'status'>
  log: FastifyBaseLogger
  /** Name of an instance whose silence means nothing. @default none */
  except?: string | undefined
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number
}

/** Offsets that are summed up at once, and characters of connection events that are read for them. */
const STRETCH = 1_000
const STATES_MAX_CHARACTERS = 1_048_576
/** How far the log is read back at start: a day, or this number of offsets. */
const BACK_MS = 24 * 3_600_000
const BACK_OFFSETS = 1_000_000
/** Rest after each stretch that is read back, as a multiple of the time that it took. */
const BACK_REST = 4
/** While more deliveries than these are pending, sending comes first: there are more rests, 1 % of the time is for reading. */
const BUSY_PENDING = 1_000
const BUSY_RESTS = 25

/**
 * Tracks in memory what each instance has sent lately. A single node follows the log, which costs no query. A node of a
 * cluster asks the database for counts of new events (`refresh`). After a start, the newest part of the log is counted
 * in the background.
 */
export class Activities {
  readonly #options: Required<Omit<ActivitiesOptions, 'except'>> & Pick<ActivitiesOptions, 'except'>
  readonly #table = new ActivityTable()
  readonly #abort = new AbortController()
  #ends: (() => void)[] = []
  #position = 0
  #countedSince: number
  #startedAt: number
  #newestBeforeStart = -Infinity
  #reading: Promise<void> = Promise.resolve()

  constructor(options: ActivitiesOptions) {
    this.#options = { now: () => Date.now(), ...options }
    this.#startedAt = this.#options.now()
    this.#countedSince = this.#startedAt
  }

  /** Time from which events are counted so far; `null` once all are counted. */
  get countedSince(): Date | null {
    return this.#countedSince === 0 ? null : new Date(this.#countedSince)
  }

  /**
   * The time between the newest event in the log and the start, in which the server may have been down: its end, in milliseconds
   * since the epoch, and its length.
   */
  get idleBeforeStart(): { until: number; ms: number } {
    const until = this.#startedAt
    const ms = until - this.#newestBeforeStart
    return { until, ms: ms === Infinity ? 0 : Math.max(0, ms) }
  }

  /** Starts counting events. */
  start(): void {
    const { store, log, now } = this.#options
    this.#startedAt = now()
    const forget = store.instances.watch((change) => {
      if (change.type === 'removed') this.#table.delete(change.before.key)
    })
    this.#ends = [forget]
    const node = store.status()
    if (node) this.#position = node.head
    else this.#ends.push(this.#follow())
    this.#reading = this.#readBack(this.#position).catch((error: unknown) =>
      log.warn({ err: error }, 'The events before the start could not be counted')
    )
  }

  /** Stops counting. Resolves when the log is no longer read. Idempotent. */
  async stop(): Promise<void> {
    this.#abort.abort()
    for (const end of this.#ends) end()
    await this.#reading
  }

  /** Returns what an instance has sent, from memory alone. */
  of({ key }: Instance): Activity {
    const record = this.#table.get(key)
    return {
      lastEventAt: record && record.lastAt > 0 ? new Date(record.lastAt) : null,
      lastEvent: record?.lastEvent || null,
      connectionState: record?.state ?? null,
      events: this.#table.counts(key, this.#options.now())
    }
  }

  /**
   * Returns what an instance has sent. Looks for an older last event in the newest million offsets.
   * @throws the database cannot be read
   */
  async find(instance: Instance): Promise<Activity> {
    const known = this.of(instance)
    if (known.lastEventAt) return known
    const { log } = this.#options.store
    const after = Math.max(0, (await log.range()).head - BACK_OFFSETS)
    const [last] = await log.read({ instanceKey: instance.key, after, newestFirst: true, limit: 1 })
    if (last) this.#note(last, 0)
    return this.of(instance)
  }

  /** Returns the record of an instance; `undefined` if there is none. */
  record(instanceKey: number): ActivityRecord | undefined {
    return this.#table.get(instanceKey)
  }

  /** Yields the records of existing instances that have sent events. The table may change during the iteration. */
  *records(): Generator<ActivityRecord, undefined> {
    const { store, except } = this.#options
    for (const record of this.#table.records())
      if (
        record.lastAt > 0 &&
        record.instance !== except &&
        store.instances.get(record.instance)?.key === record.instanceKey
      )
        yield record
  }

  /** Counts the events that other nodes of the cluster have accepted. @throws the database cannot be read */
  async refresh(): Promise<void> {
    const { store } = this.#options
    if (!store.status()) return
    const { head } = await store.log.range()
    // The log may have lost its end.
    this.#position = Math.min(this.#position, head)
    while (this.#position < head && !this.#abort.signal.aborted) {
      const upTo = Math.min(this.#position + STRETCH, head)
      await this.#sumUp({ after: this.#position, upTo })
      this.#position = upTo
    }
  }

  #follow(): () => void {
    return this.#options.store.log.tail({
      interest: () => ({ all: true, instanceKeys: [] }),
      entered: ({ upTo }) => void (this.#position = upTo),
      advanced: (events) => {
        for (const event of events) {
          this.#note(event, 1)
          if (CONNECTION_EVENTS.has(event.event)) this.#noteState(event)
        }
      }
    })
  }

  /** Counts the newest part of the log, from an offset backwards. */
  async #readBack(from: number): Promise<void> {
    const { store, now } = this.#options
    const { signal } = this.#abort
    const { first } = await store.log.range()
    const since = now() - BACK_MS
    const begin = Math.max(0, first - 1)
    const end = Math.max(begin, from - BACK_OFFSETS)
    let upTo = from
    while (upTo > end && this.#countedSince > since) {
      const begun = performance.now()
      const after = Math.max(end, upTo - STRETCH)
      const times = await this.#sumUp({ after, upTo })
      this.#newestBeforeStart = Math.max(this.#newestBeforeStart, ...times)
      this.#countedSince = Math.min(this.#countedSince, ...times)
      upTo = after
      await this.#rest(performance.now() - begun)
      if (signal.aborted) return
    }
    if (upTo <= begin || this.#countedSince <= since) this.#countedSince = 0
  }

  /** Waits after a stretch that took some milliseconds. */
  async #rest(tookMs: number): Promise<void> {
    const { deliveries } = this.#options.store
    const { signal } = this.#abort
    let rests = 0
    do await sleep(tookMs * BACK_REST, undefined, { signal }).catch(() => {})
    while (++rests < BUSY_RESTS && deliveries.pendingCount() > BUSY_PENDING && !signal.aborted)
  }

  /** Counts the events of a stretch. Returns the time of the newest event of each sum. */
  async #sumUp(stretch: { after: number; upTo: number }): Promise<number[]> {
    const { log } = this.#options.store
    const [sums, updates] = await Promise.all([
      log.sums({ ...stretch, partMs: PART_MS }),
      log.read({
        ...stretch,
        events: [...CONNECTION_EVENTS],
        newestFirst: true,
        limit: STRETCH,
        maxBytes: STATES_MAX_CHARACTERS
      })
    ])
    for (const sum of sums) this.#note(sum, sum.count)
    for (const update of updates) this.#noteState(update)
    return sums.map(({ acceptedAt }) => acceptedAt)
  }

  #note(newest: Pick<StoredEvent, 'instanceKey' | 'instance' | 'event' | 'offset' | 'acceptedAt'>, count: number) {
    const { instanceKey, instance, event, offset, acceptedAt: at } = newest
    this.#table.note({ instanceKey, instance, event, offset, at, count })
  }

  #noteState(event: StoredEvent): void {
    const { instanceKey, instance, acceptedAt: at } = event
    this.#table.noteState({ instanceKey, instance, state: connectionState(event), at })
  }
}
