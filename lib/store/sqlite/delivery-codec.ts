import { alignedBytes } from './stored-bytes.ts'

/** Numbers of a change in a list: the offset, negative if the delivery was removed, the queue’s key, the instance’s key. */
const NUMBERS = 3
/** Doubles that a change takes in bytes: the offset, and the two keys as 32-bit integers. */
const DOUBLES = 2

/** Changes of pending deliveries, one after the other in one list. */
export type Changes = readonly number[]

export function countOf(changes: Changes): number {
  return changes.length / NUMBERS
}

/** Calls `visit` for each change in order. */
export function eachChange(
  changes: Changes,
  visit: (offset: number, queueKey: number, instanceKey: number) => void
): void {
  for (let at = 0; at < changes.length; at += NUMBERS)
    visit(changes[at] as number, changes[at + 1] as number, changes[at + 2] as number)
}

/** 16 bytes a change. */
export function encodeChanges(changes: Changes): Uint8Array {
  const doubles = new Float64Array(countOf(changes) * DOUBLES)
  const integers = new Uint32Array(doubles.buffer)
  let at = 0
  eachChange(changes, (offset, queueKey, instanceKey) => {
    doubles[at] = offset
    integers[at * 2 + 2] = queueKey
    integers[at * 2 + 3] = instanceKey
    at += DOUBLES
  })
  return new Uint8Array(doubles.buffer)
}

/** @throws {BytesDamagedError} its length is not one that `encodeChanges` gives */
export function decodeChanges(bytes: unknown): number[] {
  const buffer = alignedBytes(bytes, DOUBLES * 8)
  const doubles = new Float64Array(buffer)
  const integers = new Uint32Array(buffer)
  const changes: number[] = []
  for (let at = 0; at < doubles.length; at += DOUBLES)
    changes.push(doubles[at] as number, integers[at * 2 + 2] as number, integers[at * 2 + 3] as number)
  return changes
}
