import { apiBase } from './address.ts'
import type { AnswerCheck } from './answers.ts'

/** A request that was not answered as it should be. */
export class ApiError extends Error {
  /** 0: the server was not reached. */
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
  /** Under the API's base, without a slash in front. */
  path: string
  query?: Record<string, string | number | undefined>
  body?: unknown
  signal?: AbortSignal | undefined
  /** @default any JSON will do */
  check?: AnswerCheck<T>
}

/** A server that does not answer for so long is not reached. */
const TIMEOUT_MS = 30_000

/** @throws {ApiError} for every answer but 2xx, and for none; an abort by `signal` is thrown as it is */
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

/** Proxies, and other servers, answer in their own words. */
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
