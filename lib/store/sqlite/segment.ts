/** Bits of an offset that are its place in a segment of the log. */
const SEGMENT_BITS = 12

/** The segment that an offset lies in. */
export function segmentOf(offset: number): number {
  return Math.floor(offset / 2 ** SEGMENT_BITS)
}

/** The first offset of a segment. */
export function startOf(segment: number): number {
  return segment * 2 ** SEGMENT_BITS
}
