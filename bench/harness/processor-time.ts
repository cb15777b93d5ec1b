import { readFileSync } from 'node:fs'

/** Ticks of `/proc/<pid>/stat` a second: 100 on every Linux. */
const TICKS_PER_SECOND = 100

/** Microseconds of processor time of a process and its children, also of those that have ended. Linux only. */
export function processorTime(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  // utime and stime, and cutime and cstime of the children that have ended.
  // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const ticks = ticksOf(pid, 4) + children.reduce((sum, child) => sum + ticksOf(Number(child), 2), 0)
  return (ticks * 1e6) / TICKS_PER_SECOND
}

/** Sum of the first of: utime, stime, cutime, cstime. */
function ticksOf(pid: number, fields: 2 | 4): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in parentheses, which may contain spaces.
    const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return values.slice(11, 11 + fields).reduce((sum, value) => sum + Number(value), 0)
  } catch {
    // The process has ended: its time is in that of its parent.
    return 0
  }
}
