import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { soon, until } from './until.ts'

export interface Printing {
  /** Everything printed so far. */
  output: () => string
  /** Resolves when the process has ended. @returns its exit code, or the signal that ended it */
  ended: () => Promise<number | NodeJS.Signals>
  /** Resolves when the process has printed this. @throws {Error} it ends first, or does not print it in time */
  printed: (wanted: string | RegExp) => Promise<void>
}

/** Collects what a process prints, and ends it after the test. */
export function printing(t: Test, child: ChildProcessWithoutNullStreams): Printing {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  let over = false
  const closed = once(child, 'close').finally(() => (over = true)) as Promise<[number | null, NodeJS.Signals]>
  t.after(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    output: () => text,
    ended: async () => {
      const [code, signal] = await soon(closed, `the end of a process that printed: ${text}`)
      return code ?? signal
    },
    printed: async (wanted) => {
      const found = () => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))
      await until(() => found() || over).catch(() => {})
      if (!found()) throw new Error(`Not printed: ${String(wanted)}, but: ${text}`)
    }
  }
}
