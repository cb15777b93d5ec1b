import { createInterface } from 'node:readline/promises'
import type { CliSurroundings } from './context.ts'
import { EXIT, Interrupted } from './failure.ts'

/** Exit codes of a process that a signal ended, as shells report them: 128 plus the number of the signal. */
const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const
const ERASE_LINE = '\r\x1b[2K'

/** The environment of this process. The first signal ends the command, a second one the process. */
export function processContext(process: NodeJS.Process): CliSurroundings {
  const { stdin, stdout, stderr, env } = process
  const ending = new AbortController()
  for (const [signal, exitCode] of Object.entries(EXIT_OF_SIGNAL))
    process.once(signal, () => ending.abort(new Interrupted(exitCode)))
  let ignoresClosedOutput = false
  // The reader has closed the pipe, as `head` does.
  stdout.on('error', () => {
    if (!ignoresClosedOutput) ending.abort(new Interrupted(EXIT.done))
  })
  stderr.on('error', () => {})

  let shown = ''
  const status = (text: string) => {
    if (!stderr.isTTY || text === shown) return
    stderr.write(`${ERASE_LINE}${text}`)
    shown = text
  }
  /** Writes a line in place of the status, and the status again below it. */
  const line = (stream: NodeJS.WriteStream) => (text: string) => {
    const before = shown
    status('')
    stream.write(`${text}\n`)
    status(before)
  }
  return {
    out: line(stdout),
    error: line(stderr),
    status,
    ask: stdin.isTTY && stderr.isTTY ? (question) => ask(process, question, ending.signal) : undefined,
    input: stdin,
    env,
    folder: process.cwd(),
    colours: Boolean(stdout.isTTY) && !env.NO_COLOR,
    signal: ending.signal,
    ignoreClosedOutput: () => {
      ignoresClosedOutput = true
    },
    serve: () => import('../../server.ts')
  }
}

async function ask({ stdin, stderr }: NodeJS.Process, question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: stdin, output: stderr })
  try {
    return await terminal.question(question, { signal })
  } finally {
    terminal.close()
  }
}
