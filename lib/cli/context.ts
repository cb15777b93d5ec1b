import type { Readable } from 'node:stream'
import type { styleText } from 'node:util'

/** A part of a line; a style applies where colours are enabled. */
export type Printed = string | { text: string; style: Parameters<typeof styleText>[0] }

/** The environment of a command: that of the process, or a test's own. */
export interface CliSurroundings {
  /** Prints a line of data. */
  out: (line: string) => void
  /** Prints lines for people: errors, warnings, progress. */
  error: (text: string) => void
  /** Shows progress in place of the last status; `''` removes it. Without a terminal it does nothing. */
  status: (text: string) => void
  /** Asks a question on the terminal; `undefined` without one. */
  ask: ((question: string) => Promise<string>) | undefined
  /** Read by `send -` and `send --ndjson`. */
  input: Readable
  env: Readonly<Record<string, string | undefined>>
  /** The working directory, with `.env`, `data/api-key` and the files of `@file`. */
  folder: string
  /** True if data may be coloured. */
  colours: boolean
  /** Aborted to end the command; the reason is an `Interrupted`. */
  signal: AbortSignal
  /** Called by commands that only print: they end when the reader of their output has closed it, others continue. */
  endOnClosedOutput: () => void
  /** Runs the standalone server in this process. It ends the process itself. */
  serve: () => Promise<unknown>
  /** PostgreSQL schema of a test. @default 'instance_events' */
  schema?: string
}

/** The environment as commands use it. All output is escaped, since it may contain the text of events. */
export interface CliContext extends Omit<CliSurroundings, 'out' | 'colours'> {
  /** Prints a line of data. */
  out: (...parts: Printed[]) => void
}
