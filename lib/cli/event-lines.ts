import { randomUUID } from 'node:crypto'
import { JsonText } from '../json/json-text.ts'
import type { EmitReply } from '../schemas/emit-reply.ts'
import { MAX_EVENTS } from '../schemas/event-input.ts'
import type { CliContext } from './context.ts'
import { CommandFailed } from './failure.ts'
import { counted } from './output.ts'
import { RequestFailed, type ServerClient, ServerRefused } from './server-client.ts'
import { BYTE_ORDER_MARK, utf8Text } from './utf8.ts'

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
  /** The event as JSON, with an id. */
  json: string
}

/** Characters of one request: well below the default `BODY_LIMIT`. */
const MAX_CHARACTERS = 4 * 1_048_576
const TOO_LARGE = 413

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
      for (const bytes of texts) {
        number++
        const line = toLine(bytes, number)
        if (line === undefined) continue
        if (line instanceof CommandFailed) {
          // The valid lines before it are sent first.
          if (part.length > 0) yield take()
          throw line
        }
        part.push(line)
        characters += bytes.length
        if (part.length === MAX_EVENTS || characters > MAX_CHARACTERS) yield take()
      }
      if (!more && part.length > 0) yield take()
    }
  }

  /** Complete lines as they arrive, with a character for each byte. `more`: further input is already buffered. */
  async *#texts(): AsyncGenerator<{ texts: string[]; more: boolean }> {
    const { input, signal } = this.#options.context
    const stop = () => input.destroy(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      let rest = ''
      for await (const chunk of input.setEncoding('latin1') as AsyncIterable<string>) {
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
        body: new JsonText(`[${lines.map(({ json }) => json).join(',')}]`),
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

/**
 * Reads a line, and adds an id, so that a retried line is the same event. The rest stays as it is written, with every digit of a number.
 * @returns `undefined` if it is empty
 */
function toLine(bytes: string, number: number): Line | CommandFailed | undefined {
  try {
    const written = utf8Text(Buffer.from(bytes, 'latin1'), `Line ${number}`)
    const text = number === 1 ? written.replace(BYTE_ORDER_MARK, '') : written
    if (text.trim() === '') return undefined
    const event: unknown = JSON.parse(text)
    const json = text.trim()
    if (json.startsWith('{')) return { number, json: withId(json, Object.keys(event as object)) }
  } catch (error) {
    if (error instanceof CommandFailed) return error
    // The error below covers what is not JSON.
  }
  return new CommandFailed(`Line ${number} is not a JSON object such as {"event": "call", "data": {}}`)
}

/** @param members names of the members of the object */
function withId(json: string, members: readonly string[]): string {
  if (members.includes('id')) return json
  return `{"id":"${randomUUID()}"${members.length > 0 ? ',' : ''}${json.slice(1)}`
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
