import { setTimeout as sleep } from 'node:timers/promises'
import { writeExtras } from '../../events/extras.ts'
import { eventSize } from '../../events/messages.ts'
import { numberArray, textArray } from './binary-array.ts'
import { isTransient, refused, type PostgresPool } from './connection.ts'
import { Numbering } from './numbering.ts'
import type { Row } from '../rows.ts'
import type { Batcher } from '../commit-queue.ts'
import { CALLER_ID, type NewEvent, type StoredEvent } from '../../events/event.ts'
import type { AppendResult } from '../log-store.ts'

/** One call of `append`. */
export interface AppendCall {
  readonly events: readonly NewEvent[]
  readonly deliveries: number
  /** `performance.now()` of the call. */
  readonly calledAt: number
  /** The version of the directory by which the events were planned. */
  readonly directoryVersion: number
  /** Makes the events anew, by the directory as it is then. */
  readonly replan: (() => readonly NewEvent[]) | undefined
}

/** The result of one transaction of appends. */
export interface Appended {
  /** The head before and after it. */
  readonly before: number
  readonly head: number
  /** New events in offset order. */
  readonly stored: readonly StoredEvent[]
  /** Number of deliveries of all calls, those of duplicates included. */
  readonly deliveries: number
  /** The version of the directory in the database. */
  readonly directoryVersion: number
  /** The epoch of the new events. */
  readonly epoch: string
  /** True if it was tried more than once, so that counts in memory may be wrong. */
  readonly retried: boolean
  readonly operations: number
  readonly seconds: number
}

export interface AppenderOptions {
  pool: PostgresPool
  /** Milliseconds for which a call is tried while PostgreSQL is away. */
  retryMs: number
  /** Brings the directory to this version at least. */
  sync: (directoryVersion: number) => Promise<void>
  /** Called after each commit, before its calls resolve. Must not reject, since the events are stored. */
  committed: (appended: Appended) => Promise<void>
}

/** Characters of events in one transaction, and those that each event counts in addition. */
const BATCH_CHARACTERS = 8 * 1_048_576
const EVENT_CHARACTERS = 4_096
const FIRST_DELAY_MS = 25
const MAX_DELAY_MS = 400

/** Appends the events of one node: calls that wait during a transaction are the next one. */
export class PostgresAppender implements Batcher<AppendCall, AppendResult[]> {
  readonly #options: AppenderOptions

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  weigh({ events }: AppendCall): number {
    return events.reduce((sum, event) => sum + eventSize(event) + EVENT_CHARACTERS, 0) / BATCH_CHARACTERS
  }

  isolates(error: unknown): boolean {
    return !isTransient((error as Error).cause)
  }

  async run(calls: readonly AppendCall[]): Promise<AppendResult[][]> {
    const begun = performance.now()
    const deadline = Math.min(...calls.map(({ calledAt }) => calledAt)) + this.#options.retryMs
    const { plans, batch, row, retried } = await this.#planned(calls, deadline)
    const { results, ...appended } = batch.outcome(row, retried)
    const deliveries = calls.reduce((sum, call) => sum + call.deliveries, 0)
    const seconds = (performance.now() - begun) / 1_000
    await this.#options.committed({ ...appended, deliveries, retried, operations: calls.length, seconds })
    return plans.map((events) => results.splice(0, events.length))
  }

  /** Writes the events as planned; where another node has changed an instance meanwhile, they are planned anew. */
  async #planned(calls: readonly AppendCall[], deadline: number) {
    let directoryVersion = Math.min(...calls.map((call) => call.directoryVersion))
    let plans = calls.map(({ events }) => events)
    let anyRetried = false
    for (;;) {
      const batch = new AppendBatch(plans.flat())
      const { row, retried } = await this.#write([directoryVersion, ...batch.values()], deadline)
      anyRetried ||= retried
      if (row.before !== null) return { plans, batch, row, retried: anyRetried }
      directoryVersion = row.directory as number
      await this.#options.sync(directoryVersion)
      plans = calls.map(({ events, replan }) => replan?.() ?? events)
    }
  }

  /** Appends. When a connection breaks, it is unknown whether it wrote; every event has an id, so it is tried again. */
  async #write(values: unknown[], deadline: number): Promise<{ row: Row; retried: boolean }> {
    const { pool, retryMs } = this.#options
    const parameters = values.map((_, index) => `$${index + 1}`).join()
    const text = `SELECT a.*, ${pool.schema}.epoch_after(a.before) AS epoch FROM ${pool.schema}.append(${parameters}) a`
    const query = { name: 'append', text, values }
    let delayMs = FIRST_DELAY_MS
    for (;;) {
      try {
        const [row] = await pool.ask({ ...query, query_timeout: retryMs })
        return { row: row as Row, retried: delayMs > FIRST_DELAY_MS }
      } catch (error) {
        if (!isTransient(error) || performance.now() + delayMs > deadline) throw refused(error)
      }
      await sleep(delayMs)
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)
    }
  }
}

/** The events of one transaction, each id once, as arguments and results of the SQL function. */
class AppendBatch {
  readonly #all: readonly NewEvent[]
  readonly #sent: NewEvent[] = []
  /** For each event its index in `#sent`, or `~index` if an earlier event has the same id. */
  readonly #places: number[] = []
  readonly #names = new Numbering()

  constructor(events: readonly NewEvent[]) {
    this.#all = events
    const seen = new Map<string, number>()
    for (const event of events) {
      const key = `${this.#names.of(event.instance)} ${event.id}`
      const before = seen.get(key)
      this.#places.push(before === undefined ? this.#sent.length : ~before)
      if (before !== undefined) continue
      seen.set(key, this.#sent.length)
      this.#sent.push(event)
    }
  }

  /** The arguments of the SQL function. */
  values(): unknown[] {
    const queues = new Numbering()
    const deliveries = this.#sent.flatMap((event, place) => event.queues.map((queue) => [place + 1, queues.of(queue)]))
    const texts = (pick: (event: NewEvent) => string) => textArray(this.#sent.map(pick))
    const numbers = (pick: (event: NewEvent) => number) => numberArray(this.#sent.map(pick))
    return [
      textArray(this.#names.texts),
      numbers(({ instance }) => this.#names.of(instance)),
      texts(({ id }) => id),
      texts(({ event }) => event),
      numbers(({ flags }) => flags),
      numbers(eventSize),
      texts(({ envelope }) => envelope),
      texts(writeExtras),
      texts(({ data }) => data),
      textArray(queues.texts),
      numberArray(deliveries.map(([event]) => event as number)),
      numberArray(deliveries.map(([, queue]) => queue as number))
    ]
  }

  outcome(row: Row, retried: boolean) {
    const { before, accepted_at: acceptedAt, directory: directoryVersion } = row as { [column: string]: number }
    const { keys, known } = row as unknown as { keys: number[]; known: number[] }
    let head = before as number
    const stored: StoredEvent[] = []
    const results: AppendResult[] = []
    for (const [index, event] of this.#all.entries()) {
      const { id, instance } = event
      const place = this.#places[index] as number
      if (place < 0) {
        results.push({ ...(results[this.#places.indexOf(~place)] as AppendResult), duplicate: true })
        continue
      }
      const found = known[place] as number
      const offset = found || ++head
      // An id that this node generated can only be there because an earlier try was committed.
      const duplicate = found > 0 && !(retried && (event.flags & CALLER_ID) === 0)
      results.push({ id, offset, duplicate })
      if (duplicate) continue
      const instanceKey = keys[this.#names.of(instance) - 1] as number
      stored.push({ ...event, offset, instanceKey, acceptedAt: acceptedAt as number })
    }
    const epoch = row.epoch as string
    return { before: before as number, head, directoryVersion: directoryVersion as number, epoch, stored, results }
  }
}
