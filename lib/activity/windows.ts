/** A window of time up to now. Events are counted by parts of it; the oldest part counts in proportion. */
interface Window {
  readonly partMs: number
  /** Number of parts: one more than the window has, for the current one. */
  readonly parts: number
  /** Index of its first counter among those of an instance. */
  readonly first: number
}

/** Milliseconds of the smallest part. */
export const PART_MS = 20_000

const MINUTE: Window = { partMs: PART_MS, parts: 4, first: 0 }
const HOUR: Window = { partMs: 10 * 60_000, parts: 7, first: 4 }
const DAY: Window = { partMs: 3 * 3_600_000, parts: 9, first: 11 }
const WINDOWS = [MINUTE, HOUR, DAY]

/** Number of counters of one instance. */
export const COUNTERS = 20

/** Number of events in the last minute, hour and day. */
export interface EventCounts {
  readonly minute: number
  readonly hour: number
  readonly day: number
}

/** The counters of an instance, and the time of the newest event that they count; 0 if there is none. */
interface Counted {
  counters: Uint32Array
  /** Index of the first of them. */
  base: number
  last: number
}

/** Counts events of a time, except in windows that have already passed it. */
export function addEvents({ counters, base, last }: Counted, at: number, count: number): void {
  for (const { partMs, parts, first } of WINDOWS) {
    const part = Math.floor(at / partMs)
    const newest = Math.floor(last / partMs)
    const begin = base + first
    // The counters of parts since the newest event hold old counts.
    for (let passed = Math.max(newest + 1, part - parts + 1); passed <= part; passed++)
      counters[begin + (passed % parts)] = 0
    if (part > newest - parts) (counters[begin + (part % parts)] as number) += count
  }
}

/** Returns the counts of the windows that end at a time. */
export function countsAt(counted: Counted, now: number): EventCounts {
  return {
    minute: countIn(MINUTE, counted, now),
    hour: countIn(HOUR, counted, now),
    day: countIn(DAY, counted, now)
  }
}

function countIn({ partMs, parts, first }: Window, { counters, base, last }: Counted, now: number): number {
  const current = Math.floor(now / partMs)
  const newest = Math.floor(last / partMs)
  let count = 0
  // The counters of parts after the newest event hold old counts.
  for (let part = Math.max(0, current - parts + 1, newest - parts + 1); part <= Math.min(current, newest); part++) {
    const own = counters[base + first + (part % parts)] as number
    const inside = part === current - parts + 1 ? 1 - (now % partMs) / partMs : 1
    count += own * inside
  }
  return Math.round(count)
}
