import { addEvents, COUNTERS, countsAt, type EventCounts } from './windows.ts'

/** Events of one instance in one interval of time. */
export interface Happened {
  instanceKey: number
  instance: string
  /** Number of events. */
  count: number
  /** Name and offset of the newest of them, and the time of its acceptance in milliseconds since the epoch. */
  event: string
  offset: number
  at: number
}

/** What is known of an instance's events. */
export interface ActivityRecord {
  readonly instanceKey: number
  readonly instance: string
  /** The newest event; `lastAt` is 0 if only a state is known. */
  readonly lastAt: number
  readonly lastEvent: string
  readonly lastOffset: number
  /** State of its connection, from the newest connection event; `null` if unknown. */
  readonly state: string | null
}

/** Records of one chunk, by column: less than 200 bytes for each instance, including its entry in the map. */
interface Chunk {
  /** `lastAt`, `lastOffset`, the time of `state`, and the key, of each record. */
  numbers: Float64Array
  counters: Uint32Array
  instances: string[]
  events: string[]
  states: (string | null)[]
}

const CHUNK = 1_024
const NUMBERS = 4
const [LAST_AT, LAST_OFFSET, STATE_AT, KEY] = [0, 1, 2, 3]
/** The usual states, so that each text is in memory once. */
const STATES = new Map(['open', 'close', 'connecting', 'refused'].map((state) => [state, state]))

/** Counts and last events of all instances, stored compactly. */
export class ActivityTable {
  readonly #places = new Map<number, number>()
  readonly #chunks: Chunk[] = []
  readonly #free: number[] = []
  #used = 0

  /** Number of records. */
  get size(): number {
    return this.#places.size
  }

  /** Counts events, in any order. The newest one is the last event. */
  note({ instanceKey, instance, count, event, offset, at }: Happened): void {
    const { chunk, record } = this.#recordOf(instanceKey, instance)
    const { numbers, counters, events } = chunk
    const base = record * NUMBERS
    const last = numbers[base + LAST_AT] as number
    addEvents({ counters, base: record * COUNTERS, last }, at, count)
    if (at < last) return
    numbers[base + LAST_AT] = at
    numbers[base + LAST_OFFSET] = offset
    events[record] = event
  }

  /** Stores the state from a connection event, unless a newer one is stored. */
  noteState({
    instanceKey,
    instance,
    state,
    at
  }: Pick<Happened, 'instanceKey' | 'instance' | 'at'> & { state: string | null }) {
    const { chunk, record } = this.#recordOf(instanceKey, instance)
    const place = record * NUMBERS + STATE_AT
    if (at < (chunk.numbers[place] as number)) return
    chunk.numbers[place] = at
    chunk.states[record] = STATES.get(state ?? '') ?? state
  }

  get(instanceKey: number): ActivityRecord | undefined {
    const place = this.#places.get(instanceKey)
    return place === undefined ? undefined : this.#read(place)
  }

  /** Returns the counts of an instance at a time. */
  counts(instanceKey: number, now: number): EventCounts {
    const place = this.#places.get(instanceKey)
    if (place === undefined) return { minute: 0, hour: 0, day: 0 }
    const { chunk, record } = this.#at(place)
    const last = chunk.numbers[record * NUMBERS + LAST_AT] as number
    return countsAt({ counters: chunk.counters, base: record * COUNTERS, last }, now)
  }

  delete(instanceKey: number): void {
    const place = this.#places.get(instanceKey)
    if (place === undefined) return
    this.#places.delete(instanceKey)
    this.#free.push(place)
  }

  /** Yields all records. The table may change during the iteration. */
  *records(): Generator<ActivityRecord, undefined> {
    for (const place of this.#places.values()) yield this.#read(place)
  }

  #read(place: number): ActivityRecord {
    const { chunk, record } = this.#at(place)
    const { numbers, instances, events, states } = chunk
    const base = record * NUMBERS
    return {
      instanceKey: numbers[base + KEY] as number,
      instance: instances[record] as string,
      lastAt: numbers[base + LAST_AT] as number,
      lastEvent: events[record] as string,
      lastOffset: numbers[base + LAST_OFFSET] as number,
      state: states[record] as string | null
    }
  }

  #recordOf(instanceKey: number, instance: string): { chunk: Chunk; record: number } {
    const place = this.#places.get(instanceKey)
    if (place !== undefined) return this.#at(place)
    const taken = this.#free.pop() ?? this.#used++
    if (taken === this.#chunks.length * CHUNK) this.#chunks.push(newChunk())
    this.#places.set(instanceKey, taken)
    const { chunk, record } = this.#at(taken)
    chunk.numbers.fill(0, record * NUMBERS, (record + 1) * NUMBERS)
    chunk.numbers[record * NUMBERS + KEY] = instanceKey
    chunk.counters.fill(0, record * COUNTERS, (record + 1) * COUNTERS)
    chunk.instances[record] = instance
    chunk.events[record] = ''
    chunk.states[record] = null
    return { chunk, record }
  }

  #at(place: number): { chunk: Chunk; record: number } {
    // A place is only given once its chunk is there.
    return { chunk: this.#chunks[Math.floor(place / CHUNK)] as Chunk, record: place % CHUNK }
  }
}

function newChunk(): Chunk {
  return {
    numbers: new Float64Array(CHUNK * NUMBERS),
    counters: new Uint32Array(CHUNK * COUNTERS),
    instances: [],
    events: [],
    states: []
  }
}
