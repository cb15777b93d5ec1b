/** Milliseconds from which on a task is long: a click waits for its end. */
const LONG_MS = 50

/** An event of a trace of Chromium: times are microseconds, `tdur` is processor time. */
interface TraceEvent {
  name: string
  pid: number
  tid: number
  dur?: number
  tdur?: number
  args?: { name?: string }
}

/** The tasks of a page's main thread. */
export interface Tasks {
  longestMs: number
  /** Processor time of the one that took most of it: on a busy machine, a task also waits for the processor. */
  longestCpuMs: number
  /** Number of tasks above 50 ms. */
  long: number
  /** Number of tasks with more than 50 ms of processor time. */
  longCpu: number
}

/** The categories of the trace. */
export const CATEGORIES = ['disabled-by-default-devtools.timeline']

/** Reads the tasks of a trace. */
export function tasksOf(trace: string): Tasks {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] }
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map((event) => threadOf(event))
  )
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && main.has(threadOf(event)))
  if (tasks.length === 0) throw new Error('The trace has no task of a page')
  const wall = tasks.map(({ dur = 0 }) => dur / 1_000)
  const processor = tasks.map(({ tdur = 0 }) => tdur / 1_000)
  return {
    longestMs: Math.max(...wall),
    longestCpuMs: Math.max(...processor),
    long: wall.filter((ms) => ms > LONG_MS).length,
    longCpu: processor.filter((ms) => ms > LONG_MS).length
  }
}
