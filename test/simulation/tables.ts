import type { NewEvent, StoredEvent } from '../../lib/events/event.ts'
import type { Instance } from '../../lib/instances/instance.ts'
import type { InstanceRecord } from '../../lib/instances/kept-instance.ts'
import { blankInstance } from '../../lib/instances/memory-directory.ts'
import type { DeadLetter, DeadLetterPage } from '../../lib/store/dead-letter-store.ts'
import type { DeliveryFailure, DeliveryRef, LaneKey } from '../../lib/store/delivery-store.ts'
import type { AppendResult, Comparison, LogRange, ReadOptions } from '../../lib/store/log-store.ts'
import type { KnownQueue } from '../../lib/store/queue-store.ts'

/** A version of an instance; `instance` is `undefined` once it is removed. */
export interface DirectoryRow {
  readonly version: number
  readonly name: string
  readonly instance: Instance | undefined
}

/** What an append has written. */
export interface AppendedRows {
  readonly epoch: string
  readonly before: number
  readonly head: number
  readonly stored: readonly StoredEvent[]
  readonly results: AppendResult[]
}

interface PendingLane {
  readonly lane: LaneKey
  /** The redrive that made each offset pending again; 0 for one that is new. */
  readonly redrives: Map<number, number>
}

/** The tables of a moment, as a standby has them that lags. */
export interface Standby {
  readonly head: number
  readonly at: number
  /** It becomes the primary. */
  readonly promote: () => void
}

/** The tables of the simulated PostgreSQL. Each method is a transaction. */
export class Tables {
  #events: StoredEvent[] = []
  #ids = new Map<string, number>()
  #lanes = new Map<string, PendingLane>()
  /** In the order in which they began. */
  #epochs = [{ id: 'epoch-1', first: 1 }]
  /** The server was started anew, or another one has become the primary, and no epoch was begun on it. */
  #isElsewhere = false
  /** Epochs that there ever were. */
  #begun = 1
  #letters: DeadLetter[] = []
  #redriven: DeadLetter[] = []
  #letterId = 0
  readonly knownQueues = new Map<string, KnownQueue>()
  readonly #directory = new Map<string, DirectoryRow>()
  #keys = 0
  head = 0
  prunedTo = 0
  directoryVersion = 0
  redrives = 0

  /** The id of the last epoch. */
  get epoch(): string {
    return this.#epochs.at(-1)?.id as string
  }

  /** True if the server is the one on which the epoch was begun. */
  get isHere(): boolean {
    return !this.#isElsewhere
  }

  /** The server is started anew. */
  restart(): void {
    this.#isElsewhere = true
  }

  /** The epoch; begins one at the end of the log if the server was started anew or another one has become the primary. */
  epochHere(after = this.head): string {
    if (this.#isElsewhere) this.#epochs.push({ id: `epoch-${++this.#begun}`, first: after + 1 })
    this.#isElsewhere = false
    return this.epoch
  }

  commonWith(id: string | undefined): Comparison {
    const index = this.#epochs.findIndex((epoch) => epoch.id === id)
    const next = this.#epochs[index + 1]
    return { id: this.epoch, upTo: index < 0 ? 0 : next ? next.first - 1 : this.head, isKnown: index >= 0 }
  }

  /** True if the delivery is of an event that the log has lost. */
  isVoid({ offset, epoch = this.epoch }: DeliveryRef): boolean {
    return offset > this.commonWith(epoch).upTo
  }

  /** Copies everything but the directory. To be promoted once at most, before another copy is made. */
  copy(at: number): Standby {
    const { head, prunedTo, redrives } = this
    const [events, letters, letterId] = [this.#events.slice(), this.#letters.slice(), this.#letterId]
    const ids = new Map(this.#ids)
    const lanes = new Map(
      [...this.#lanes].map(([id, { lane, redrives }]) => [id, { lane, redrives: new Map(redrives) }])
    )
    const epochs = this.#epochs.slice()
    const promote = () => {
      Object.assign(this, { head, prunedTo, redrives })
      this.#events = events
      this.#letters = letters
      this.#letterId = letterId
      this.#ids = ids
      this.#lanes = lanes
      this.#epochs = epochs
      this.#isElsewhere = true
    }
    return { head, at, promote }
  }

  get pendingCount(): number {
    return this.#lanes.values().reduce((sum, { redrives }) => sum + redrives.size, 0)
  }

  keyOf(name: string): number | undefined {
    return this.#directory.get(name)?.instance?.key
  }

  /** @returns `undefined` if one of the instances has a later version than the directory by which events were planned */
  append(events: readonly NewEvent[], directoryVersion: number, acceptedAt: number): AppendedRows | undefined {
    if (events.some(({ instance }) => (this.#directory.get(instance)?.version ?? 0) > directoryVersion))
      return undefined
    const before = this.head
    const stored: StoredEvent[] = []
    const results = events.map((event): AppendResult => {
      const { id } = event
      const instanceKey = (
        this.#directory.get(event.instance)?.instance ?? this.write(event.instance, () => blankInstance(event.instance))
      ).key
      const known = this.#ids.get(`${instanceKey} ${id}`)
      if (known !== undefined) return { id, offset: known, duplicate: true }
      const offset = ++this.head
      this.#ids.set(`${instanceKey} ${id}`, offset)
      stored.push({ ...event, offset, instanceKey, acceptedAt })
      for (const queue of event.queues) this.#pend({ queue, instanceKey, offset }, 0)
      return { id, offset, duplicate: false }
    })
    this.#events.push(...stored)
    return { epoch: this.epochHere(before), before, head: this.head, stored, results }
  }

  read({ instanceKey, events, instances, after, upTo = Infinity, newestFirst, limit }: ReadOptions): StoredEvent[] {
    const found = this.#events.filter(
      (event) =>
        event.offset > after &&
        event.offset <= upTo &&
        (instanceKey === undefined || event.instanceKey === instanceKey) &&
        (!events || events.includes(event.event)) &&
        (!instances || instances.includes(event.instance))
    )
    return (newestFirst ? found.toReversed() : found).slice(0, limit).map((event) => ({ ...event, queues: [] }))
  }

  range(): LogRange {
    const first = this.#events[0]?.offset ?? (this.head === 0 ? 0 : this.head + 1)
    return { id: this.epoch, first, head: this.head, prunedTo: this.prunedTo }
  }

  prune(acceptedBefore: number): number {
    const held = new Set(this.#letters.map(({ offset }) => offset))
    for (const { redrives } of this.#lanes.values()) for (const offset of redrives.keys()) held.add(offset)
    const gone = this.#events.filter(({ offset, acceptedAt }) => acceptedAt < acceptedBefore && !held.has(offset))
    for (const { instanceKey, id } of gone) this.#ids.delete(`${instanceKey} ${id}`)
    const offsets = new Set(gone.map(({ offset }) => offset))
    this.#events = this.#events.filter(({ offset }) => !offsets.has(offset))
    this.prunedTo = Math.max(this.prunedTo, ...offsets)
    return offsets.size
  }

  readLane(lane: LaneKey, { after, upTo, limit }: { after: number; upTo: number; limit: number }): StoredEvent[] {
    const { redrives } = this.#lanes.get(idOf(lane)) ?? {}
    return this.#events
      .filter(({ offset }) => offset > after && offset <= upTo && redrives?.has(offset))
      .slice(0, limit)
  }

  /** Events with pending deliveries, and the queues of these. */
  newDeliveries({ after, upTo }: { after: number; upTo: number }): StoredEvent[] {
    return this.#events
      .filter(({ offset }) => offset > after && offset <= upTo)
      .map((event) => {
        const isPending = (queue: string) =>
          this.#lanes.get(idOf({ queue, instanceKey: event.instanceKey }))?.redrives.has(event.offset)
        return { ...event, queues: event.queues.filter(isPending) }
      })
      .filter(({ queues }) => queues.length > 0)
  }

  /** Lanes in which something is pending that fits. */
  pending(fits: (offset: number, redrive: number, lane: LaneKey) => boolean): LaneKey[] {
    return [...this.#lanes.values()]
      .filter(({ lane, redrives }) => redrives.entries().some(([offset, redrive]) => fits(offset, redrive, lane)))
      .map(({ lane }) => lane)
  }

  acknowledge(deliveries: readonly DeliveryRef[]): void {
    for (const { offset, ...lane } of deliveries) this.#lanes.get(idOf(lane))?.redrives.delete(offset)
  }

  bury(delivery: DeliveryRef, failure: DeliveryFailure, diedAt: Date): void {
    const { queue, instanceKey, offset } = delivery
    if (this.isVoid(delivery)) return
    if (!this.#lanes.get(idOf({ queue, instanceKey }))?.redrives.delete(offset)) return
    const { instance, event, id: eventId } = this.#events.find((event) => event.offset === offset) as StoredEvent
    const isSame = (letter: DeadLetter) => idOf(letter) === idOf(delivery) && letter.offset === offset
    const before = this.#redriven.find(isSame)
    this.#redriven = this.#redriven.filter((letter) => letter !== before)
    const { id, tries, firstDiedAt } = before ?? { id: ++this.#letterId, tries: 0, firstDiedAt: diedAt }
    const place = { id, queue, instanceKey, offset, instance, event, eventId }
    this.#letters.push({ ...failure, ...place, tries: tries + 1, firstDiedAt, diedAt })
    this.#letters.sort((a, b) => a.id - b.id)
  }

  letters({ after, upTo = Infinity, limit, ids, instance, queue, reason }: DeadLetterPage): DeadLetter[] {
    const fits = (letter: DeadLetter) =>
      letter.id > after &&
      letter.id <= upTo &&
      (!ids || ids.includes(letter.id)) &&
      (instance === undefined || letter.instance === instance) &&
      (queue === undefined || letter.queue === queue) &&
      (reason === undefined || letter.reason === reason)
    return this.#letters.filter(fits).slice(0, limit)
  }

  countLetters(): { count: number; lastId: number } {
    return { count: this.#letters.length, lastId: this.#letterId }
  }

  redrive(page: DeadLetterPage): DeadLetter[] {
    const letters = this.discard(page)
    if (letters.length > 0) this.redrives++
    for (const letter of letters) this.#pend(letter, this.redrives)
    this.#redriven.push(...letters)
    return letters
  }

  discard(page: DeadLetterPage): DeadLetter[] {
    const letters = this.letters(page)
    this.#letters = this.#letters.filter((letter) => !letters.includes(letter))
    return letters
  }

  write(name: string, change: (before: Instance | undefined) => InstanceRecord): Instance {
    const before = this.#directory.get(name)?.instance
    const instance = { ...change(before), key: before?.key ?? ++this.#keys }
    this.#directory.set(name, { version: ++this.directoryVersion, name, instance })
    return instance
  }

  remove(name: string): Instance | undefined {
    const before = this.#directory.get(name)?.instance
    if (before) this.#directory.set(name, { version: ++this.directoryVersion, name, instance: undefined })
    return before
  }

  /** Changes of the directory after a version, in their order. */
  changes(version: number): DirectoryRow[] {
    return [...this.#directory.values()].filter((row) => row.version > version).sort((a, b) => a.version - b.version)
  }

  #pend({ queue, instanceKey, offset }: DeliveryRef, redrive: number): void {
    const lane = { queue, instanceKey }
    const pending = this.#lanes.get(idOf(lane)) ?? { lane, redrives: new Map<number, number>() }
    this.#lanes.set(idOf(lane), pending)
    pending.redrives.set(offset, redrive)
  }
}

function idOf({ queue, instanceKey }: LaneKey): string {
  return `${queue} ${instanceKey}`
}
