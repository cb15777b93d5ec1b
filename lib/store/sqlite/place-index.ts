import { alignedBytes, BytesDamagedError } from './stored-bytes.ts'

/** Bytes of the number of instances, and for each of them of its key and the end of its places; bytes of a place. */
const COUNT = 4
const KEY = 4
const END = 2
const PLACE = 2

/** Where the events of each instance are in a full segment, as distances from its start. */
export class PlaceIndex {
  /** Keys of instances in ascending order. */
  readonly #keys: Uint32Array
  /** For each instance, the end of its places in `#places`. */
  readonly #ends: Uint16Array
  /** Places by instance, those of each in ascending order. */
  readonly #places: Uint16Array

  /** @throws {BytesDamagedError} the bytes are not those of `encodePlaces` */
  constructor(bytes: unknown) {
    const buffer = alignedBytes(bytes, PLACE)
    if (buffer.byteLength < COUNT) throw new BytesDamagedError()
    const count = new DataView(buffer).getUint32(0, true)
    if (COUNT + count * (KEY + END) > buffer.byteLength) throw new BytesDamagedError()
    this.#keys = new Uint32Array(buffer, COUNT, count)
    this.#ends = new Uint16Array(buffer, COUNT + count * KEY, count)
    this.#places = new Uint16Array(buffer, COUNT + count * (KEY + END))
  }

  instanceKeys(): Iterable<number> {
    return this.#keys
  }

  /** Places of one instance, ascending. */
  of(instanceKey: number): Iterable<number> {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as number) < instanceKey) low = middle + 1
      else high = middle
    }
    if (this.#keys[low] !== instanceKey) return []
    return this.#places.subarray(low === 0 ? 0 : this.#ends[low - 1], this.#ends[low])
  }
}

/** @param places ascending, by the key of an instance */
export function encodePlaces(places: ReadonlyMap<number, readonly number[]>): Uint8Array {
  const instances = [...places].sort(([a], [b]) => a - b)
  const count = instances.length
  const events = instances.reduce((sum, [, own]) => sum + own.length, 0)
  const buffer = new ArrayBuffer(COUNT + count * (KEY + END) + events * PLACE)
  new DataView(buffer).setUint32(0, count, true)
  const keys = new Uint32Array(buffer, COUNT, count)
  const ends = new Uint16Array(buffer, COUNT + count * KEY, count)
  const all = new Uint16Array(buffer, COUNT + count * (KEY + END))
  let end = 0
  for (const [index, [key, own]] of instances.entries()) {
    all.set(own, end)
    end += own.length
    keys[index] = key
    ends[index] = end
  }
  return new Uint8Array(buffer)
}
