import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { CliSurroundings } from '../../lib/cli/context.ts'
import { runCli } from '../../lib/cli/run-cli.ts'
import { UNMEASURED } from './child-coverage.ts'
import { soon } from './until.ts'

export const CLI = fileURLToPath(new URL('../../lib/cli/fastify-instance-events.ts', import.meta.url))

export interface CliRun {
  code: number
  /** Lines of data. */
  out: string
  /** Lines for people. */
  error: string
  /** All statuses. */
  statuses: string[]
  /** All questions. */
  asked: string[]
}

export type CliWorld = Partial<Omit<CliSurroundings, 'input' | 'ask'>> & {
  /** Standard input. */
  input?: string | Buffer | Readable
  /** The answer of a person; without it there is no terminal. */
  answer?: string
}

/** A command in this process. Nothing of this machine's environment reaches it. */
export async function cli(args: readonly string[], { input = '', answer, ...world }: CliWorld = {}): Promise<CliRun> {
  const out: string[] = []
  const errors: string[] = []
  const statuses: string[] = []
  const asked: string[] = []
  const code = await runCli(args, {
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
    status: (text) => statuses.push(text),
    ask:
      answer === undefined
        ? undefined
        : async (question) => {
            asked.push(question)
            return answer
          },
    input: input instanceof Readable ? input : Readable.from([Buffer.from(input)], { objectMode: false }),
    env: {},
    folder: '/nowhere',
    colours: false,
    signal: new AbortController().signal,
    endOnClosedOutput: () => {},
    serve: async () => {},
    ...world
  })
  return { code, out: out.join('\n'), error: errors.join('\n'), statuses, asked }
}

/** Starts a command as a process; ended after the test. @param measured whether its coverage is measured */
export function spawnCli(
  t: Test,
  args: readonly string[],
  {
    cwd,
    env = {},
    node = [],
    measured = false
  }: { cwd?: string; env?: Record<string, string>; node?: string[]; measured?: boolean } = {}
) {
  const child = spawn(process.execPath, [...node, CLI, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...(!measured && UNMEASURED), ...env }
  })
  let out = ''
  let error = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (error += chunk))
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    out: () => out,
    error: () => error,
    /** @returns the exit code, or the signal that ended it */
    ended: async (): Promise<number | NodeJS.Signals> => {
      const [code, signal] = await soon(ended, `the end of ${args.join(' ')}`)
      return code ?? (signal as NodeJS.Signals)
    }
  }
}
