/** Number of offsets of a segment of the log. */
export const SEGMENT_OFFSETS = 4_096

/** The segment that an offset lies in. */
export function segmentOf(offset: number): number {
  return Math.floor(offset / SEGMENT_OFFSETS)
}

/** The first offset of a segment. */
export function startOf(segment: number): number {
  return segment * SEGMENT_OFFSETS
}
