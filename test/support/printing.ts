import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { until } from './until.ts'

export interface Printing {
  /** Everything printed so far. */
  output: () => string
  /** Resolves when the process has ended, with its exit code and the signal that ended it. */
  ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>
  /** Resolves when the process has printed this. @throws {Error} it ends first, or does not print it in time */
  printed: (wanted: string | RegExp) => Promise<void>
}

/** Collects what a process prints, and ends it after the test. */
export function printing(t: Test, child: ChildProcessWithoutNullStreams): Printing {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  let over = false
  const ended = once(child, 'close').finally(() => (over = true)) as Printing['ended']
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    output: () => text,
    ended,
    printed: async (wanted) => {
      const found = () => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))
      await until(() => found() || over).catch(() => {})
      if (!found()) throw new Error(`Not printed: ${String(wanted)}, but: ${text}`)
    }
  }
}
