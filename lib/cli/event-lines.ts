import { randomUUID } from 'node:crypto'
import type { EmitReply } from '../schemas/emit-reply.ts'
import { MAX_EVENTS } from '../schemas/event-input.ts'
import type { CliContext } from './context.ts'
import { CommandFailed } from './failure.ts'
import { counted } from './output.ts'
import { RequestFailed, type ServerClient, ServerRefused } from './server-client.ts'

export interface EventLinesOptions {
  client: ServerClient
  instance: string
  /** For how long a request is tried again. */
  waitMs: number
  context: Pick<CliContext, 'input' | 'error' | 'status' | 'signal'>
}

interface Line {
  /** From 1. */
  number: number
  event: { id: string }
}

/** Far below what a request may have by default (`BODY_LIMIT`). */
const MAX_CHARACTERS = 4 * 1_048_576
const TOO_LARGE = 413
/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = /^\ufeff/

/**
 * Sends an event a line, in order. What has been read when a request ends goes with the next one: lines that come one by one
 * leave at once, a file leaves in large parts.
 */
export class EventLines {
  readonly #options: EventLinesOptions
  #accepted = 0
  /** What the last request brought, if its answer was lost. */
  #unanswered: readonly Line[] | undefined

  constructor(options: EventLinesOptions) {
    this.#options = options
  }

  /**
   * @param onSent told of each event, once it is on disk
   * @throws {CommandFailed} saying which line it stopped at, how many went before it, and which may have gone
   */
  async send(onSent: (reply: EmitReply) => void): Promise<void> {
    const { context } = this.#options
    try {
      for await (const lines of this.#parts()) {
        for (const reply of await this.#post(lines)) onSent(reply)
        context.status(`Sent ${counted(this.#accepted, 'event')}`)
      }
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new CommandFailed(`${error.message}\n${this.#howFar()}; what follows was not sent.`)
    }
  }

  #howFar(): string {
    const lines = this.#unanswered
    const before = `${counted(this.#accepted, 'event')} before that were accepted`
    if (lines) return `It is not known whether lines ${range(lines)} were accepted; ${before}`
    return this.#accepted === 0 ? 'Nothing was accepted' : before
  }

  async *#parts(): AsyncGenerator<Line[]> {
    let number = 0
    let part: Line[] = []
    let characters = 0
    const take = () => {
      const taken = part
      part = []
      characters = 0
      return taken
    }
    for await (const { texts, more } of this.#texts()) {
      for (const text of texts) {
        number++
        if (text.trim() === '') continue
        const line = toLine(number === 1 ? text.replace(BYTE_ORDER_MARK, '') : text, number)
        if (line instanceof CommandFailed) {
          // What stands before it is sound.
          if (part.length > 0) yield take()
          throw line
        }
        part.push(line)
        characters += text.length
        if (part.length === MAX_EVENTS || characters > MAX_CHARACTERS) yield take()
      }
      if (!more && part.length > 0) yield take()
    }
  }

  /** Whole lines as they come, and whether more are here already. */
  async *#texts(): AsyncGenerator<{ texts: string[]; more: boolean }> {
    const { input, signal } = this.#options.context
    const stop = () => input.destroy(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      let rest = ''
      for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
        const texts = (rest + chunk).split('\n')
        rest = texts.pop() as string
        yield { texts, more: input.readableLength > 0 }
      }
      yield { texts: [rest], more: false }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async #post(lines: readonly Line[]): Promise<EmitReply[]> {
    const { client, instance, waitMs, context } = this.#options
    try {
      const replies = await client.request<EmitReply[]>({
        method: 'POST',
        path: ['events', instance],
        body: lines.map(({ event }) => event),
        waitMs,
        onWait: context.error
      })
      this.#accepted += lines.length
      return replies
    } catch (error) {
      const refused = error instanceof ServerRefused
      if (!refused || error.status !== TOO_LARGE || lines.length === 1) {
        if (error instanceof RequestFailed && error.unanswered) this.#unanswered = lines
        throw refused ? named(error, lines) : error
      }
      const half = Math.ceil(lines.length / 2)
      return [...(await this.#post(lines.slice(0, half))), ...(await this.#post(lines.slice(half)))]
    }
  }
}

/** An id of its own before the first try: the same line again is the same event. */
function toLine(text: string, number: number): Line | CommandFailed {
  try {
    const event = JSON.parse(text) as unknown
    if (typeof event === 'object' && event !== null && !Array.isArray(event))
      return { number, event: { id: randomUUID(), ...event } }
  } catch {
    // It is said below.
  }
  return new CommandFailed(`Line ${number} is no JSON object: {"event": …, "data": …}`)
}

/** The server counts within its request, from 0. */
function named(error: ServerRefused, lines: readonly Line[]): CommandFailed {
  const message = error.message.replace(/^body\.(\d+)/gm, (_, index: string) => {
    return `Line ${(lines[Number(index)] as Line).number}: body`
  })
  return new CommandFailed(`Lines ${range(lines)} were refused:\n${message}`)
}

function range(lines: readonly Line[]): string {
  const [first, last] = [lines[0], lines.at(-1)] as [Line, Line]
  return `${first.number} to ${last.number}`
}
