import { setTimeout } from 'node:timers/promises'
import type { ErrorReply } from '../schemas/error-replies.ts'
import { CommandFailed } from './failure.ts'
import type { ServerAddress } from './server-options.ts'

/** Making the queues of all events may take a while. */
const TIMEOUT_MS = 60_000
/** If the server does not say when to try again. */
const RETRY_MS = 1_000

/** What to do about a refusal, besides what the server says itself. */
const HINTS: { [code: string]: string } = {
  IEV_UNAUTHORIZED: 'Give the key that opens this: API_KEY=<key> in the environment, or --key.',
  IEV_NOT_FOUND: 'Is --url right, and the server as new as this command?'
}

/** Faults before a request could leave; after any other, the server may have it. */
const NO_CONNECTION =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|bad port)$|CERT|UNABLE_TO_VERIFY|WRONG_VERSION/
/** What proxies answer while the server behind them is away, or when it was lost in the middle. */
const GATEWAY_STATUSES = new Set([502, 503, 504])

export interface ServerRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Segments, which are percent-encoded. */
  path: readonly string[]
  query?: { [name: string]: string | number | boolean | undefined }
  body?: unknown
  /** For how long what may pass (502 to 504, a lost connection) is tried again. @default 0 */
  waitMs?: number
  /** Told once, before the first pause. */
  onWait?: (why: string) => void
}

/** A request that did not get what it asked for. */
export class RequestFailed extends CommandFailed {
  /** This try, or one before it, was sent and not answered by the server: it may have done what it was asked. */
  unanswered = false
}

/** The server answered, and not with what was asked for. */
export class ServerRefused extends RequestFailed {
  readonly status: number
  readonly messages: readonly string[]

  constructor({ status, code, messages }: { status: number; code: string; messages: readonly string[] }) {
    super([...messages.slice(0, -1), `${messages.at(-1)} (${code})`, HINTS[code]].filter(Boolean).join('\n'))
    this.status = status
    this.messages = messages
  }
}

/** Talks to a server's routes. */
export class ServerClient {
  readonly #address: ServerAddress
  readonly #signal: AbortSignal
  readonly #timeoutMs: number
  #reached = false

  /** @param timeoutMs how long an answer may take @default a minute */
  constructor(address: ServerAddress, signal: AbortSignal, timeoutMs = TIMEOUT_MS) {
    this.#address = address
    this.#signal = signal
    this.#timeoutMs = timeoutMs
  }

  /**
   * @returns the parsed body of a good answer
   * @throws {RequestFailed}
   */
  async request<T>({ waitMs = 0, onWait = () => {}, ...request }: ServerRequest): Promise<T> {
    const deadline = performance.now() + waitMs
    let unanswered = false
    let outcome = await this.#once(request)
    for (let tries = 1; 'failure' in outcome; tries++) {
      const { failure, afterMs } = outcome
      unanswered ||= failure.unanswered
      failure.unanswered = unanswered
      // A server that was never there will hardly come.
      if (afterMs === undefined || !this.#reached || performance.now() + afterMs > deadline) throw failure
      if (tries === 1) onWait(`${failure.message}\nIt is tried again, for ${waitMs / 1_000} s.`)
      await setTimeout(afterMs, undefined, { signal: this.#signal })
      outcome = await this.#once(request)
    }
    return outcome.body as T
  }

  async #once(request: ServerRequest): Promise<Outcome> {
    const answer = await this.#fetch(request)
    if ('failure' in answer) return answer
    this.#reached = true
    const { reply, text } = answer
    const body = parse(text)
    if (reply.ok && body !== undefined) return { body }
    const { code, response } = (body ?? {}) as Partial<ErrorReply>
    if (code === undefined || !Array.isArray(response?.message)) {
      const passes = GATEWAY_STATUSES.has(reply.status)
      return { failure: this.#foreign(reply), afterMs: passes ? pauseMs(reply) : undefined }
    }
    const failure = new ServerRefused({ status: reply.status, code, messages: response.message })
    return { failure, afterMs: reply.status === 503 ? pauseMs(reply) : undefined }
  }

  async #fetch(request: ServerRequest): Promise<{ reply: Response; text: string } | Failed> {
    const { method = 'GET', body } = request
    const { key } = this.#address
    try {
      const reply = await fetch(this.#url(request), {
        method,
        // A key is for the server that was named.
        redirect: 'manual',
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(this.#timeoutMs)]),
        headers: {
          ...(key !== undefined && { apikey: key }),
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      return { reply, text: await reply.text() }
    } catch (error) {
      this.#signal.throwIfAborted()
      const failure = this.#unreachable(error as Error)
      if (failure.unanswered) this.#reached = true
      return { failure, afterMs: RETRY_MS }
    }
  }

  #url({ path, query = {} }: ServerRequest): URL {
    const { url: base } = this.#address
    const url = new URL(base)
    url.pathname = [base.pathname.replace(/\/$/, ''), ...path.map(encodeURIComponent)].join('/')
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    return url
  }

  #foreign({ ok, status, headers }: Response): RequestFailed {
    const moved = headers.get('location')
    const failure = new RequestFailed(
      `${this.#address.url.href} answered ${status}${moved ? ` (go to ${moved})` : ''}, not as a server of fastify-instance-events does: is --url right?`
    )
    // A proxy may have passed it on; what it calls the client's fault it has not.
    failure.unanswered = ok || status >= 500
    return failure
  }

  #unreachable({ message, cause }: Error): RequestFailed {
    const { code, message: why } = (cause ?? { message }) as { code?: string; message: string }
    const failure = new RequestFailed(
      `The server at ${this.#address.url.origin} cannot be reached: ${code ?? why}\nIs it running? Start it with \`npx fastify-instance-events\`, or name another by --url or IEV_URL.`
    )
    failure.unanswered = !NO_CONNECTION.test(code ?? why)
    return failure
  }
}

/** A failure, and when to try again; `undefined`: it will not pass. */
interface Failed {
  failure: RequestFailed
  afterMs: number | undefined
}

type Outcome = { body: unknown } | Failed

/** For how long the server wants to be left alone. */
function pauseMs({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  return Number.isFinite(seconds) ? seconds * 1_000 : RETRY_MS
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
