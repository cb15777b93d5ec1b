import { createInterface } from 'node:readline/promises'
import type { CliSurroundings } from './context.ts'
import { EXIT, Interrupted } from './failure.ts'

/** What shells report of a process that a signal ended: 128 and its number. */
const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const
const ERASE_LINE = '\r\x1b[2K'

/** The context of this process. The first signal ends the work, the second one the process. */
export function processContext(process: NodeJS.Process): CliSurroundings {
  const { stdin, stdout, stderr, env } = process
  const ending = new AbortController()
  for (const [signal, exitCode] of Object.entries(EXIT_OF_SIGNAL))
    process.once(signal, () => ending.abort(new Interrupted(exitCode)))
  let goesOnUnread = false
  // `| head` has read enough.
  stdout.on('error', () => {
    if (!goesOnUnread) ending.abort(new Interrupted(EXIT.done))
  })
  stderr.on('error', () => {})

  let shown = ''
  const status = (text: string) => {
    if (!stderr.isTTY || text === shown) return
    stderr.write(`${ERASE_LINE}${text}`)
    shown = text
  }
  /** Writes a line where the status stands, and the status under it. */
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
    goOnUnread: () => {
      goesOnUnread = true
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
