import { setTimeout } from 'node:timers/promises'
import { JsonText } from '../json/json-text.ts'
import type { ErrorReply } from '../schemas/error-replies.ts'
import { CommandFailed } from './failure.ts'
import type { ServerAddress } from './server-options.ts'

/** Time for one request. Creating queues for all events may take this long. */
const TIMEOUT_MS = 60_000
/** Pause before a retry, if the server states none. */
const RETRY_MS = 1_000

export const KEY_HINT = 'Set the right key: API_KEY=<key> in the environment, or --key.'
/** Remedies for the user, added to the server's message. */
const HINTS: { [code: string]: string } = {
  IEV_UNAUTHORIZED: KEY_HINT,
  IEV_NOT_FOUND: 'Check --url, and that the server runs the same version as this command.'
}

/** Errors that occur before a request is sent. After any other error, the server may have received it. */
const NO_CONNECTION =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|bad port)$|CERT|UNABLE_TO_VERIFY|WRONG_VERSION/
/** Statuses of proxies whose server is unreachable or was lost during a request. */
const GATEWAY_STATUSES = new Set([502, 503, 504])

export interface ServerRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Segments of the path, not yet percent-encoded. */
  path: readonly string[]
  query?: { [name: string]: string | number | boolean | undefined }
  /** `JsonText` is sent as it is written. */
  body?: unknown
  /** Milliseconds for which temporary failures (502 to 504, a lost connection) are retried. @default 0 */
  waitMs?: number
  /** Called once, before the first pause. */
  onWait?: (reason: string) => void
}

/** A request without a successful answer. */
export class RequestFailed extends CommandFailed {
  /** This attempt or an earlier one was sent, and the server did not answer: the request may have taken effect. */
  unanswered = false
}

/** The server answered with an error. */
export class ServerRefused extends RequestFailed {
  readonly status: number
  readonly messages: readonly string[]

  constructor({ status, code, messages }: { status: number; code: string; messages: readonly string[] }) {
    super([...messages.slice(0, -1), `${messages.at(-1)} (${code})`, HINTS[code]].filter(Boolean).join('\n'))
    this.status = status
    this.messages = messages
  }
}

/** Calls the routes of a server. */
export class ServerClient {
  readonly #address: ServerAddress
  readonly #signal: AbortSignal
  readonly #timeoutMs: number
  #reached = false

  /** @param timeoutMs time for one request @default 60000 */
  constructor(address: ServerAddress, signal: AbortSignal, timeoutMs = TIMEOUT_MS) {
    this.#address = address
    this.#signal = signal
    this.#timeoutMs = timeoutMs
  }

  /**
   * @returns the parsed body of a successful answer
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
      // A server that was never reached is probably not running.
      if (afterMs === undefined || !this.#reached || performance.now() + afterMs > deadline) throw failure
      if (tries === 1) onWait(`${failure.message}\nRetrying for ${waitMs / 1_000} s.`)
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
      const temporary = GATEWAY_STATUSES.has(reply.status)
      return { failure: this.#foreign(reply), afterMs: temporary ? pauseMs(reply) : undefined }
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
        // The key must not reach another server.
        redirect: 'manual',
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(this.#timeoutMs)]),
        headers: {
          ...(key !== undefined && { apikey: key }),
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        ...(body !== undefined && { body: body instanceof JsonText ? body.text : JSON.stringify(body) })
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
      `${this.#address.url.href} is not a fastify-instance-events server: it answered ${status}${moved ? ` (${moved})` : ''}. Check --url.`
    )
    // A proxy may have passed the request on, unless it answers with an error of the client.
    failure.unanswered = ok || status >= 500
    return failure
  }

  #unreachable({ message, cause }: Error): RequestFailed {
    const { code, message: why } = (cause ?? { message }) as { code?: string; message: string }
    const failure = new RequestFailed(
      `Cannot reach the server at ${this.#address.url.origin}: ${code ?? why}\nStart it with \`npx fastify-instance-events\`, or name another one with --url or IEV_URL.`
    )
    failure.unanswered = !NO_CONNECTION.test(code ?? why)
    return failure
  }
}

/** A failure, and the milliseconds until a retry; `undefined` if it is permanent. */
interface Failed {
  failure: RequestFailed
  afterMs: number | undefined
}

type Outcome = { body: unknown } | Failed

/** Milliseconds of the `Retry-After` header. */
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
