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
  /** Milliseconds for which a request is retried. */
  waitMs: number
  context: Pick<CliContext, 'input' | 'error' | 'status' | 'signal'>
}

interface Line {
  /** Number in the input, from 1. */
  number: number
  event: { id: string }
}

/** Characters of one request: well below the default `BODY_LIMIT`. */
const MAX_CHARACTERS = 4 * 1_048_576
const TOO_LARGE = 413
/** Written by some editors at the start of a file. */
const BYTE_ORDER_MARK = /^\ufeff/

/**
 * Sends one event per line, in order, one request at a time. A request contains the lines that were read during the previous one:
 * slow input is sent line by line, a file in large parts.
 */
export class EventLines {
  readonly #options: EventLinesOptions
  #accepted = 0
  /** The lines of the last request, if its answer was lost. */
  #unanswered: readonly Line[] | undefined

  constructor(options: EventLinesOptions) {
    this.#options = options
  }

  /**
   * @param onSent called for each event once it is durable
   * @throws {CommandFailed} with the line at which it stopped, the number of accepted events, and lines that may be accepted
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
      throw new CommandFailed(`${error.message}\n${this.#outcome()}`)
    }
  }

  #outcome(): string {
    const unknown = this.#unanswered
      ? `No answer came for ${named(this.#unanswered)}, which may have been accepted.\n`
      : ''
    return `${unknown}Accepted before: ${counted(this.#accepted, 'event')}. Later lines were not sent.`
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
          // The valid lines before it are sent first.
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

  /** Complete lines as they arrive. `more`: further input is already buffered. */
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
        throw refused ? refusal(error, lines) : error
      }
      const half = Math.ceil(lines.length / 2)
      return [...(await this.#post(lines.slice(0, half))), ...(await this.#post(lines.slice(half)))]
    }
  }
}

/** Adds an id, so that a retried line is the same event. */
function toLine(text: string, number: number): Line | CommandFailed {
  try {
    const event = JSON.parse(text) as unknown
    if (typeof event === 'object' && event !== null && !Array.isArray(event))
      return { number, event: { id: randomUUID(), ...event } }
  } catch {
    // The error below covers this case.
  }
  return new CommandFailed(`Line ${number} is not a JSON object such as {"event": "call", "data": {}}`)
}

/** The server's messages count the events of a request from 0; the user counts lines. */
function refusal(error: ServerRefused, lines: readonly Line[]): CommandFailed {
  const message = error.message.replace(/^body\.(\d+)/gm, (_, index: string) => {
    return `Line ${(lines[Number(index)] as Line).number}: body`
  })
  return new CommandFailed(`The server refused ${named(lines)}:\n${message}`)
}

function named(lines: readonly Line[]): string {
  const [first, last] = [lines[0], lines.at(-1)] as [Line, Line]
  return first === last ? `line ${first.number}` : `lines ${first.number} to ${last.number}`
}
