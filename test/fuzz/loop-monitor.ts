import { readFileSync } from 'node:fs'

/** A report of the server's process, sent once per second. */
export interface LoopReport {
  /** The most milliseconds of processor time that the event loop's thread used in one turn. */
  blockedMs: number
  /** The longest turn of the event loop in milliseconds, with the time of other processes. */
  lateMs: number
  rssMiB: number
}

const TICK_MS = 10
const REPORT_MS = 1_000

/** Milliseconds of processor time of this thread; where the system does not provide it, of time passed. */
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
