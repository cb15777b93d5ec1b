import type { MessageParams } from '../../lib/error-class.ts'
import { apiBase } from './address.ts'
import { type AnswerCheck, listOf, objectWith } from './answers.ts'

/** A request without a successful answer. */
export class ApiError extends Error {
  /** 0 if the server was not reached. */
  readonly status: number
  readonly code: string
  readonly messages: string[]
  /** What each message says, at the same place; empty if only the messages tell. */
  readonly params: readonly (MessageParams | null)[]

  constructor(status: number, code: string, messages: string[], params: readonly (MessageParams | null)[] = []) {
    super(messages.join('; '))
    this.status = status
    this.code = code
    this.messages = messages
    this.params = params
  }
}

export interface Call<T> {
  key: string
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Relative to the base URL of the routes, without a leading slash. */
  path: string
  query?: Record<string, string | number | undefined>
  body?: unknown
  signal?: AbortSignal | undefined
  /** @default any JSON is accepted */
  check?: AnswerCheck<T>
  /** Parses the answer. @default JSON.parse */
  parse?: (text: string) => unknown
  /** Receives the headers of a successful answer. */
  onHeaders?: (headers: Headers) => void
}

/** Tests the params of an error: another server may have others. */
const PARAMS = listOf(
  (entry): entry is MessageParams | null =>
    entry === null || objectWith<MessageParams>({ code: 'string', values: 'list' })(entry)
)

/** Time for one request. */
const TIMEOUT_MS = 30_000

/**
 * Calls a route.
 * @throws {ApiError} for every answer other than 2xx, and for no answer; an abort by `signal` is thrown unchanged
 */
export async function call<T>({
  key,
  method = 'GET',
  path,
  query = {},
  body,
  signal,
  check,
  parse = JSON.parse,
  onHeaders
}: Call<T>): Promise<T> {
  const url = new URL(path, apiBase(location.href))
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  let reply: Response
  let text: string
  try {
    reply = await fetch(url, {
      method,
      headers: { apikey: key, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, limit]) : limit
    })
    text = await reply.text()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'UNREACHABLE', [(error as Error).message])
  }
  const parsed = parsedOrNothing(text, parse)
  if (!reply.ok) throw refusal(reply, parsed)
  if (parsed === undefined || check?.(parsed) === false)
    throw new ApiError(reply.status, 'NOT_THIS_SERVER', [`${method} ${url.pathname}`])
  onHeaders?.(reply.headers)
  return parsed as T
}

/** An error from an answer, whose body may have another form if it comes from a proxy or another server. */
function refusal({ status, statusText }: Response, parsed: unknown): ApiError {
  const { code, response, params } = (parsed ?? {}) as {
    code?: unknown
    response?: { message?: unknown } | null
    params?: unknown
  }
  const said = response?.message
  const messages = [said].flat().filter((message) => typeof message === 'string')
  return new ApiError(
    status,
    typeof code === 'string' ? code : `HTTP ${status}`,
    messages.length > 0 ? messages : [statusText],
    PARAMS(params) ? params : []
  )
}

function parsedOrNothing(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
