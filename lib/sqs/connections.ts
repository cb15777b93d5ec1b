import type { Dispatcher, Pool } from 'undici'
import { TIMEOUT } from '../errors.ts'
import { CallError } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import type { SdkRequest } from './signed-request.ts'

/** A complete answer, of any status. */
export interface HttpAnswer {
  statusCode: number
  headers: { readonly [name: string]: string | string[] | undefined }
  body: string
}

/** Sends a request of the SDK. Rejects if there is no answer, or when the signal aborts. */
export type Post = (request: SdkRequest, signal: AbortSignal) => Promise<HttpAnswer>

export interface ConnectionsOptions {
  /** Connections to one address. A request beyond waits for one. */
  max: number
  connectTimeoutMs: number
}

/** A connection without requests is closed after this time, or earlier if the server says so. */
const IDLE_MS = 60_000
/** Bytes of an answer. Answers of SQS have a few thousand. */
const MAX_BYTES = 4 * 1_048_576

/**
 * Sends requests of the SDK over connections of undici, which takes 38 µs of CPU for a call that takes the SDK's handler
 * 95 µs (medians of eleven rounds, Node 24). A request is sent once: if its connection fails, so does the request.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #pools = new Map<string, Pool>()
  #closed = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** A request whose signal aborts before it has a connection is not sent. */
  readonly post: Post = async (request, signal) => {
    const { protocol, hostname, port } = request
    const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
    return dispatch(this.#pools.get(origin) ?? (await this.#open(origin)), request, signal)
  }

  /** Ends all requests, and closes the connections. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }

  async #open(origin: string): Promise<Pool> {
    // The package's index is not loaded: it takes three times as long, and replaces the dispatcher of the host's `fetch`.
    // @ts-expect-error -- the package declares types for its index only
    const { default: Pool } = (await import('undici/lib/dispatcher/pool.js')) as {
      default: typeof import('undici').Pool
    }
    const { max, connectTimeoutMs } = this.#options
    // Others may have waited as well.
    const pool =
      this.#pools.get(origin) ??
      new Pool(origin, {
        connections: max,
        connect: { timeout: connectTimeoutMs },
        keepAliveTimeout: IDLE_MS,
        // Each call has a deadline of its own.
        headersTimeout: 0,
        bodyTimeout: 0,
        maxResponseSize: MAX_BYTES
      })
    this.#pools.set(origin, pool)
    if (this.#closed) await pool.destroy()
    return pool
  }
}

function dispatch(pool: Pool, { headers, body }: SdkRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  let controller: Dispatcher.DispatchController | undefined
  let answer: Omit<HttpAnswer, 'body'>
  const chunks: Buffer[] = []
  const abort = () => {
    reject(signal.reason)
    controller?.abort(signal.reason as Error)
  }
  signal.addEventListener('abort', abort, { once: true })
  pool.dispatch(
    { method: 'POST', path: '/', headers, body: body as Buffer },
    {
      onRequestStart: (started) => {
        controller = started
        if (signal.aborted) abort()
      },
      onResponseStart: (_, statusCode, headers) => {
        answer = { statusCode, headers }
      },
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve({ ...answer, body: String(Buffer.concat(chunks)) }),
      onResponseError: (_, error) => reject(withCodeOfNode(error))
    }
  )
  return promise
}

/** Returns an error with the code that Node.js gives to it. */
function withCodeOfNode(error: Error & { code?: unknown }): Error {
  const { name, message } = error
  const code = String(error.code)
  const coded = (code: string) => Object.assign(new Error(message), { code })
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return new CallError(notThere('SQS', `More than ${MAX_BYTES} bytes`))
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return coded(TIMEOUT)
  if (name === 'HTTPParserError') return coded('HPE_INVALID_CONSTANT')
  // What remains is a connection that was closed, or an answer that was cut.
  return code.startsWith('UND_ERR_') ? coded('ECONNRESET') : error
}
