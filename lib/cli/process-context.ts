import { createInterface } from 'node:readline'
import type { CliSurroundings } from './context.ts'
import { EXIT, Interrupted } from './failure.ts'

/** Exit codes of a process that a signal ended, as shells report them: 128 plus the number of the signal. */
const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const
const ERASE_LINE = '\r\x1b[2K'
/** Codes of an output whose reader has closed it, which is no failure. */
const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

/** The environment of this process. The first signal ends the command, a second one the process. */
export function processContext(process: NodeJS.Process): CliSurroundings {
  const { stdin, stdout, stderr, env } = process
  const ending = new AbortController()
  for (const [signal, exitCode] of Object.entries(EXIT_OF_SIGNAL))
    process.once(signal, () => ending.abort(new Interrupted(exitCode)))
  // The reader has closed the pipe, as `head` does.
  stdout.on('error', () => {})
  stderr.on('error', () => {})

  let shown = ''
  const status = (text: string) => {
    if (!stderr.isTTY || text === shown) return
    stderr.write(`${ERASE_LINE}${text}`)
    shown = text
  }
  let isIncomplete = false
  /** The disk may be full. */
  const written = (error: NodeJS.ErrnoException | null | undefined) => {
    if (!error || isIncomplete || CLOSED.has(String(error.code))) return
    isIncomplete = true
    printError(`The output is not complete: ${error.message}`)
    process.once('exit', () => (process.exitCode = EXIT.failed))
  }
  /** Writes a line in place of the status, and the status again below it. */
  const line = (stream: NodeJS.WriteStream, done?: typeof written) => (text: string) => {
    const before = shown
    status('')
    stream.write(`${text}\n`, done)
    status(before)
  }
  const printError = line(stderr)
  return {
    out: line(stdout, written),
    error: printError,
    status,
    ask: stdin.isTTY && stderr.isTTY ? (question) => ask(process, question, ending) : undefined,
    input: stdin,
    env,
    folder: process.cwd(),
    colours: Boolean(stdout.isTTY) && !env.NO_COLOR,
    signal: ending.signal,
    endOnClosedOutput: () => void stdout.on('error', () => ending.abort(new Interrupted(EXIT.done))),
    serve: () => import('../../server.ts')
  }
}

/** Asks a question. @returns the answer; `''` if the input ends, as by Ctrl-D @throws the reason if the command is ended */
async function ask({ stdin, stderr }: NodeJS.Process, question: string, ending: AbortController): Promise<string> {
  const { signal } = ending
  signal.throwIfAborted()
  const terminal = createInterface({ input: stdin, output: stderr })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // The cursor is behind the question.
  const unanswered = () => {
    stderr.write('\n')
    resolve('')
  }
  terminal.once('close', unanswered)
  // Meanwhile the terminal sends Ctrl-C as a key, not as a signal.
  terminal.once('SIGINT', () => ending.abort(new Interrupted(EXIT_OF_SIGNAL.SIGINT)))
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  terminal.question(question, (answer) => {
    terminal.off('close', unanswered)
    resolve(answer)
  })
  try {
    return await promise
  } finally {
    terminal.close()
  }
}
