/** Instances that hold this part of what the greatest holds are about as large: they lose events in turns. */
const EQUAL = 0.9

/**
 * Returns the bytes that each instance may keep while `excess` bytes are to become free and those that hold most give first:
 * as much as the next smaller one holds, or more if that is enough. What the greatest ones hold then shows whether
 * they could give so much. 0 if none holds anything.
 * @param held the bytes of each instance
 */
export function shareLevel(held: Iterable<number>, excess: number): number {
  const descending = Float64Array.from(held).sort().toReversed()
  let above = 0
  for (const [index, bytes] of descending.entries()) {
    above += bytes
    const next = descending[index + 1] ?? 0
    const level = (above - excess) / (index + 1)
    if (level >= next || next < (descending[0] as number) * EQUAL) return Math.max(level, next)
  }
  return 0
}
