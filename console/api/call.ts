import { apiBase } from './address.ts'
import type { AnswerCheck } from './answers.ts'

/** A request without a successful answer. */
export class ApiError extends Error {
  /** 0 if the server was not reached. */
  readonly status: number
  readonly code: string
  readonly messages: string[]

  constructor(status: number, code: string, messages: string[]) {
    super(messages.join('; '))
    this.status = status
    this.code = code
    this.messages = messages
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
}

/** Time for one request. */
const TIMEOUT_MS = 30_000

/** Calls a route. @throws {ApiError} for every answer other than 2xx, and for no answer; an abort by `signal` is thrown unchanged */
export async function call<T>({ key, method = 'GET', path, query = {}, body, signal, check }: Call<T>): Promise<T> {
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
  const parsed = parse(text)
  if (!reply.ok) throw refusal(reply, parsed)
  if (parsed === undefined || check?.(parsed) === false)
    throw new ApiError(reply.status, 'NOT_THIS_SERVER', [`${method} ${url.pathname}`])
  return parsed as T
}

/** An error from an answer, whose body may have another form if it comes from a proxy or another server. */
function refusal({ status, statusText }: Response, parsed: unknown): ApiError {
  const { code, response } = (parsed ?? {}) as { code?: unknown; response?: { message?: unknown } | null }
  const said = response?.message
  const messages = [said].flat().filter((message) => typeof message === 'string')
  return new ApiError(
    status,
    typeof code === 'string' ? code : `HTTP ${status}`,
    messages.length > 0 ? messages : [statusText]
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
