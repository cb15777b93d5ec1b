import type { PendingCounts } from '../backlog.ts'
import type { PendingShare } from '../delivery-store.ts'
import { OffsetQueue } from './offset-queue.ts'

/** A lane by numbers. */
export interface NumberedLane {
  readonly queueKey: number
  readonly instanceKey: number
}

/** Keys of instances are below; those of queues too, so that two of them make an exact number. */
const KEYS = 2 ** 26
/** Empty lanes that are kept. */
const MAX_EMPTY = 10_000

/** Pending deliveries in memory: the offsets of each lane that has any. */
export class PendingLanes {
  readonly #lanes = new Map<number, OffsetQueue>()
  /** Lanes without any. A busy lane is empty again and again: a map that grows and shrinks all the time is garbage. */
  #empty = 0

  /** @returns false if it was pending already */
  add(offset: number, queueKey: number, instanceKey: number): boolean {
    const key = keyOf(queueKey, instanceKey)
    let lane = this.#lanes.get(key)
    if (!lane) this.#lanes.set(key, (lane = new OffsetQueue()))
    else if (lane.size === 0) this.#empty--
    return lane.add(offset)
  }

  /** @returns false if it was not pending */
  remove(offset: number, queueKey: number, instanceKey: number): boolean {
    const key = keyOf(queueKey, instanceKey)
    const lane = this.#lanes.get(key)
    if (!lane?.remove(offset)) return false
    if (lane.size === 0 && ++this.#empty > MAX_EMPTY) this.#removeEmpty()
    return true
  }

  has(offset: number, queueKey: number, instanceKey: number): boolean {
    return this.#lanes.get(keyOf(queueKey, instanceKey))?.has(offset) ?? false
  }

  /** Offsets of a lane above one, up to a number of them. */
  after(offset: number, { queueKey, instanceKey }: NumberedLane, limit: number): number[] {
    return this.#lanes.get(keyOf(queueKey, instanceKey))?.after(offset, limit) ?? []
  }

  /** Numbers of pending deliveries. */
  counts(): PendingCounts {
    const byInstance = new Map<number, number>()
    let all = 0
    for (const [key, { size }] of this.#lanes) {
      if (size === 0) continue
      const instanceKey = key % KEYS
      byInstance.set(instanceKey, (byInstance.get(instanceKey) ?? 0) + size)
      all += size
    }
    return { all, byInstance }
  }

  /** The lowest pending offset and the queue of its first lane; `undefined` if nothing is pending. */
  first(): { offset: number; queueKey: number } | undefined {
    let first: { offset: number; queueKey: number } | undefined
    for (const [key, { first: offset = Infinity }] of this.#lanes)
      if (offset < (first?.offset ?? Infinity)) first = { offset, queueKey: Math.floor(key / KEYS) }
    return first
  }

  /** Counts what is pending, by key of queue and by key of instance. */
  shares(): Record<'byQueue' | 'byInstance', Map<number, PendingShare>> {
    const byQueue = new Map<number, PendingShare>()
    const byInstance = new Map<number, PendingShare>()
    for (const [key, { size, first }] of this.#lanes) {
      if (first === undefined) continue
      addTo(byQueue, Math.floor(key / KEYS), { pending: size, oldest: first })
      addTo(byInstance, key % KEYS, { pending: size, oldest: first })
    }
    return { byQueue, byInstance }
  }

  /** Every pending delivery, lane by lane. */
  deliveries(): (NumberedLane & { offset: number })[] {
    return this.lanes().flatMap((lane) => this.after(0, lane, Infinity).map((offset) => ({ ...lane, offset })))
  }

  /** Lanes that have pending deliveries. */
  lanes(): NumberedLane[] {
    return this.#lanes
      .entries()
      .filter(([, { size }]) => size > 0)
      .map(([key]) => ({ queueKey: Math.floor(key / KEYS), instanceKey: key % KEYS }))
      .toArray()
  }

  /** Those of an instance. */
  lanesOf(instanceKey: number): NumberedLane[] {
    return this.#lanes
      .entries()
      .filter(([key, { size }]) => key % KEYS === instanceKey && size > 0)
      .map(([key]) => ({ queueKey: Math.floor(key / KEYS), instanceKey }))
      .toArray()
  }

  #removeEmpty(): void {
    for (const [key, { size }] of this.#lanes) if (size === 0) this.#lanes.delete(key)
    this.#empty = 0
  }
}

function addTo(shares: Map<number, PendingShare>, key: number, { pending, oldest }: PendingShare): void {
  const before = shares.get(key)
  shares.set(
    key,
    before ? { pending: before.pending + pending, oldest: Math.min(before.oldest, oldest) } : { pending, oldest }
  )
}

function keyOf(queueKey: number, instanceKey: number): number {
  return queueKey * KEYS + instanceKey
}
