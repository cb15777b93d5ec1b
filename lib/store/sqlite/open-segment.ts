import { timeOfId } from '../../events/event-id.ts'
import { encodePlaces } from './place-index.ts'
import { startOf } from './segment.ts'

/** An event as a segment indexes it. */
export interface Indexed {
  readonly offset: number
  readonly instanceKey: number
  /** Its id; `undefined` if the caller gave it. */
  readonly generatedId: string | undefined
}

/** A segment of the log whose index is in memory: the last one, and those that a transaction fills. */
export class OpenSegment {
  readonly segment: number
  /** Distances from its start, by instance. */
  readonly #places = new Map<number, number[]>()
  /** The lowest and the highest generated id. They begin with their times. */
  #lowestId: string | undefined
  #highestId: string | undefined

  constructor(segment: number) {
    this.segment = segment
  }

  copy(): OpenSegment {
    const copy = new OpenSegment(this.segment)
    for (const [instanceKey, places] of this.#places) copy.#places.set(instanceKey, [...places])
    copy.#lowestId = this.#lowestId
    copy.#highestId = this.#highestId
    return copy
  }

  /** Adds an event above all others. */
  add({ offset, instanceKey, generatedId: id }: Indexed): void {
    const place = offset - startOf(this.segment)
    const places = this.#places.get(instanceKey)
    if (places) places.push(place)
    else this.#places.set(instanceKey, [place])
    if (id === undefined) return
    if (this.#lowestId === undefined || id < this.#lowestId) this.#lowestId = id
    if (this.#highestId === undefined || id > this.#highestId) this.#highestId = id
  }

  instanceKeys(): Iterable<number> {
    return this.#places.keys()
  }

  /** Places of one instance, ascending. */
  of(instanceKey: number): Iterable<number> {
    return this.#places.get(instanceKey) ?? []
  }

  /** The times in its ids, in milliseconds since the epoch; `undefined` if none was generated. */
  get idTimes(): { from: number; to: number } | undefined {
    if (this.#lowestId === undefined || this.#highestId === undefined) return undefined
    return { from: timeOfId(this.#lowestId), to: timeOfId(this.#highestId) }
  }

  encode(): Uint8Array {
    return encodePlaces(this.#places)
  }
}
