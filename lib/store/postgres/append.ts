import { setTimeout as sleep } from 'node:timers/promises'
import { writeExtras } from '../../events/extras.ts'
import { eventSize } from '../../events/messages.ts'
import { numberArray, textArray } from './binary-array.ts'
import { isTransient, refused, type PostgresPool } from './connection.ts'
import { Numbering } from './numbering.ts'
import type { Row } from '../rows.ts'
import type { DeliveryCounts } from '../backlog.ts'
import type { Batcher } from '../commit-queue.ts'
import { CALLER_ID, IN_PARTS, type NewEvent, onlyInstance, type StoredEvent } from '../../events/event.ts'
import type { AppendResult } from '../log-store.ts'
import { referenceTo, type Upload } from './uploads.ts'

/** One call of `append`. */
export interface AppendCall {
  readonly events: readonly NewEvent[]
  /** For each event that of its data, if it is large. */
  readonly uploads: readonly (Upload | undefined)[]
  readonly deliveries: DeliveryCounts
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
  /** Deliveries of each call, those of duplicates included. */
  readonly deliveries: readonly DeliveryCounts[]
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
const EVENT_CHARACTERS = 8_192
const FIRST_DELAY_MS = 25
const MAX_DELAY_MS = 400

/** Appends the events of one node: calls that wait during a transaction are the next one. */
export class PostgresAppender implements Batcher<AppendCall, AppendResult[]> {
  readonly #options: AppenderOptions

  constructor(options: AppenderOptions) {
    this.#options = options
  }

  weigh({ events, uploads }: AppendCall): number {
    const size = (event: NewEvent, index: number) => (uploads[index] ? 0 : eventSize(event))
    return events.reduce((sum, event, index) => sum + size(event, index) + EVENT_CHARACTERS, 0) / BATCH_CHARACTERS
  }

  line({ events }: AppendCall): string | undefined {
    return onlyInstance(events)
  }

  isolates(error: unknown): boolean {
    return !isTransient((error as Error).cause)
  }

  async run(calls: readonly AppendCall[]): Promise<AppendResult[][]> {
    const begun = performance.now()
    const deadline = Math.min(...calls.map(({ calledAt }) => calledAt)) + this.#options.retryMs
    const { plans, batch, row, retried } = await this.#planned(calls, deadline)
    const { results, ...appended } = batch.outcome(row, retried)
    const deliveries = calls.map((call) => call.deliveries)
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
      const rows = plans.flatMap((events, call) =>
        events.map((event, index): NewRow => ({ event, reference: referenceTo(calls[call]?.uploads[index], event) }))
      )
      const batch = new AppendBatch(rows)
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

/** An event, and what its row has instead of its data if that is in parts. */
interface NewRow {
  readonly event: NewEvent
  readonly reference: string | undefined
}

/** The events of one transaction, each id once, as arguments and results of the SQL function. */
class AppendBatch {
  readonly #all: readonly NewEvent[]
  readonly #sent: NewEvent[] = []
  /** For each of these what it has instead of its data. */
  readonly #references: (string | undefined)[] = []
  /** For each event its index in `#sent`, or `~index` if an earlier event has the same id. */
  readonly #places: number[] = []
  readonly #names = new Numbering()

  constructor(rows: readonly NewRow[]) {
    this.#all = rows.map(({ event }) => event)
    const seen = new Map<string, number>()
    for (const { event, reference } of rows) {
      const key = `${this.#names.of(event.instance)} ${event.id}`
      const before = seen.get(key)
      this.#places.push(before === undefined ? this.#sent.length : ~before)
      if (before !== undefined) continue
      seen.set(key, this.#sent.length)
      this.#sent.push(event)
      this.#references.push(reference)
    }
  }

  /** The arguments of the SQL function. */
  values(): unknown[] {
    const queues = new Numbering()
    const deliveries = this.#sent.flatMap((event, place) => event.queues.map((queue) => [place + 1, queues.of(queue)]))
    const references = this.#references
    const texts = (pick: (event: NewEvent, index: number) => string) => textArray(this.#sent.map(pick))
    const numbers = (pick: (event: NewEvent, index: number) => number) => numberArray(this.#sent.map(pick))
    return [
      textArray(this.#names.texts),
      numbers(({ instance }) => this.#names.of(instance)),
      texts(({ id }) => id),
      texts(({ event }) => event),
      numbers(({ flags }, index) => (references[index] === undefined ? flags : flags | IN_PARTS)),
      numbers(eventSize),
      texts(({ envelope }) => envelope),
      texts(writeExtras),
      texts(({ data }, index) => references[index] ?? data),
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
