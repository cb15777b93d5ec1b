import { readFileSync } from 'node:fs'

/** What the server's process tells of itself, once a second. */
export interface LoopReport {
  /** The most that the event loop's thread computed without a turn, in ms, whatever else the machine does. */
  blockedMs: number
  /** The latest turn, in ms: with what other processes took of the processor and the disk. */
  lateMs: number
  rssMiB: number
}

const TICK_MS = 10
const REPORT_MS = 1_000

/** Milliseconds that this thread has computed; where the system does not tell, all that have passed. */
function computedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}

let at = performance.now()
let computed = computedMs()
let blockedMs = 0
let lateMs = 0

setInterval(() => {
  const now = performance.now()
  const computedNow = computedMs()
  lateMs = Math.max(lateMs, now - at - TICK_MS)
  blockedMs = Math.max(blockedMs, computedNow - computed)
  at = now
  computed = computedNow
}, TICK_MS).unref()

setInterval(() => {
  process.send?.({ blockedMs, lateMs, rssMiB: process.memoryUsage.rss() / 1_048_576 } satisfies LoopReport)
  blockedMs = 0
  lateMs = 0
}, REPORT_MS).unref()
