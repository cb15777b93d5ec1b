import type { Readable } from 'node:stream'
import type { styleText } from 'node:util'

/** A piece of a line; with a style it is coloured, where colours are wanted. */
export type Printed = string | { text: string; style: Parameters<typeof styleText>[0] }

/** What surrounds a command: a process gives it its own, a test what it wants to see. */
export interface CliSurroundings {
  /** Takes a line of data. */
  out: (line: string) => void
  /** Takes lines for people: what failed, what was asked, what happened meanwhile. */
  error: (text: string) => void
  /** Shows how far long work is, over what it showed before; `''` takes it away. Nothing where nobody looks. */
  status: (text: string) => void
  /** Asks a person; `undefined`: there is none at this end. */
  ask: ((question: string) => Promise<string>) | undefined
  /** Read by `send -` and `send --ndjson`. */
  input: Readable
  env: Readonly<Record<string, string | undefined>>
  /** Where `.env`, `data/api-key` and `@file` are looked for. */
  folder: string
  /** Whether data may be coloured. */
  colours: boolean
  /** Ends what is under way; the reason is an `Interrupted`. */
  signal: AbortSignal
  /** Told by work that does not end when nobody reads any more what it prints. */
  goOnUnread: () => void
  /** Runs the standalone server in this process, which it then ends by itself. */
  serve: () => Promise<unknown>
  /** Of a test's own. @default 'instance_events' */
  schema?: string
}

/** The same for commands: whatever they print, of whatever origin, reaches the terminal escaped. */
export interface CliContext extends Omit<CliSurroundings, 'out' | 'colours'> {
  /** Prints a line of data. */
  out: (...parts: Printed[]) => void
}
