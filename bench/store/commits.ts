import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CALLER_ID, type NewEvent } from '../../lib/events/event.ts'
import type { Sample } from '../harness/compare.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import { instanceNames } from '../sqs/sender.ts'
import { quantile } from '../harness/statistics.ts'

/** What every event has. */
export interface EventKind {
  queues: readonly string[]
  /** Ids that the log generates, or that callers give: beginning with the time, or random. */
  ids: 'generated' | 'given in order' | 'given at random'
}

/** Methods that each of the compared processes has. */
export interface StoreProcess {
  open(options: EventKind & { folder: string }): Promise<void>
  /** Commits so many times `EVENTS` events. */
  run(commits: number): Promise<Sample>
}

/** Of a commit, each of an instance of its own. */
export const EVENTS = 40
const INSTANCES = instanceNames(EVENTS)

const { event, data, sender, serverUrl } = sampleEvent('0.8 kB')
const DATA = JSON.stringify(data)
/** Of the next commit. Each has a millisecond of its own, as at a thousand commits a second: ids begin with the time. */
let now = Date.now()

/** The events of one commit. */
export function newEvents({ queues, ids }: EventKind): NewEvent[] {
  const date = new Date(++now).toISOString()
  const time = now.toString(16).padStart(12, '0')
  return INSTANCES.map((instance) => {
    const random = randomUUID()
    const id = ids === 'given at random' ? random : `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
    const flags = ids === 'generated' ? 0 : CALLER_ID
    const envelope = JSON.stringify({ server_url: serverUrl, date_time: date, sender, id }).slice(1, -1)
    return { instance, id, event, data: DATA, envelope, traceparent: undefined, extra: '', flags, queues }
  })
}

/**
 * Processor time, written bytes and calls of the process, all threads included, while it commits one batch after the
 * other. Linux only.
 */
export async function measure<T>(batches: readonly T[], commit: (batch: T) => Promise<void>): Promise<Sample> {
  const times: number[] = []
  const written = io()
  const cpu = process.cpuUsage()
  for (const batch of batches) {
    const begun = performance.now()
    await commit(batch)
    times.push(performance.now() - begun)
  }
  const { user, system } = process.cpuUsage(cpu)
  const { wchar, syscw } = io()
  const events = batches.length * EVENTS
  return {
    'CPU µs/event': (user + system) / events,
    'bytes written/event': (wchar - written.wchar) / events,
    'write calls/commit': (syscw - written.syscw) / batches.length,
    'median commit ms': quantile(times, 0.5),
    'longest commit ms': Math.max(...times)
  }
}

/** Returns the bytes of write calls, and the number of these calls. https://man7.org/linux/man-pages/man5/proc_pid_io.5.html */
function io(): { wchar: number; syscw: number } {
  const text = readFileSync('/proc/self/io', 'utf8')
  const value = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1])
  return { wchar: value('wchar'), syscw: value('syscw') }
}
