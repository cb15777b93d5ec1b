import { type Answer, exchange } from './exchange.ts'
import type { HostileRequest } from './requests.ts'
import { API_KEY, MARK } from './tenants.ts'
import { wireOf } from './wire.ts'

/** The most milliseconds of a request: more than one that creates queues takes. */
const PATIENCE_MS = 40_000
/** Milliseconds after which a body that never ends is aborted. */
const TRUNCATED_PATIENCE_MS = 100
const SLOW_PAUSE_MS = 20

/** Sends a request. @returns the status, or how it ended without one @throws {Error} the response is wrong */
export async function sendAndJudge(url: string, request: HostileRequest): Promise<string> {
  const unfinished = request.delivery === 'truncated' && request.body !== undefined
  const answer = await exchange(url, {
    pieces: wireOf(request),
    pauseMs: request.delivery === 'slow' ? SLOW_PAUSE_MS : 0,
    patienceMs: unfinished ? TRUNCATED_PATIENCE_MS : PATIENCE_MS
  })
  if (answer.end === 'answered') judge(request, answer)
  // A server that does not read the rest of a body may reset the connection while it is being sent.
  else if (!unfinished && !(answer.end === 'closed' && request.delivery === 'false-chunks'))
    throw new Error(`No answer: ${answer.end}`)
  return answer.end === 'answered' ? String(answer.status) : answer.end
}

function judge({ method, key, path }: HostileRequest, { status, headers, body }: Answer): void {
  const shown = `${status} ${body.slice(0, 500)}`
  if (!(status >= 200 && status < 500) && status !== 502 && status !== 503) throw new Error(`Answered ${shown}`)
  if (key?.value !== API_KEY && body.includes(MARK)) throw new Error(`Another tenant's event was shown: ${shown}`)
  // @fastify/cors refuses a preflight without an origin in plain text.
  if (status < 400 || method === 'HEAD' || method === 'OPTIONS' || /^\/+ready/.test(path)) return
  if (!headers.get('content-type')?.startsWith('application/json')) throw new Error(`An error is no JSON: ${shown}`)
  const error = JSON.parse(body) as { code?: unknown; message?: unknown; response?: { message?: unknown } }
  if (error.response?.message === undefined && error.message === undefined)
    throw new Error(`An error says nothing: ${shown}`)
}
