import { NOT_S3, NOT_SQS } from '../errors.ts'
import type { SendFailure } from './failures.ts'

export type AwsService = 'SQS' | 'S3'

const NOT_THERE = { SQS: NOT_SQS, S3: NOT_S3 } as const

/** Statuses about the size or the form of a request: it is answered the same when it is repeated. */
const OF_CONTENT = new Set([406, 411, 413, 414, 415, 417, 422, 431, 451])
/** Statuses that may be about a request, if SQS answers other calls. S3 sends a code with them. */
const OF_CONTENT_PERHAPS = new Set([400, 403])
/** Statuses by which a proxy refuses for now. */
const PASSING = new Set([408, 409, 423, 425, 429])

/**
 * The failure of an answer without a code of AWS: one of a proxy, a login page, or another service.
 *
 * - `HTTP <status>`, permanent: a status about the request, such as 413. It does not tell whether AWS can be reached.
 * - `HTTP <status>`, transient: a temporary status, such as 502.
 * - `IEV_SQS_NOT_SQS` (`IEV_S3_NOT_S3`), transient: everything else. It is not the service that answers.
 */
export function foreignFailure(
  error: unknown,
  { status, service }: { status: number; service: AwsService }
): SendFailure {
  const type = contentType(error)
  const answer = `HTTP ${status}${type ? ` (${type})` : ''}`
  if (status >= 500 || PASSING.has(status))
    return { kind: 'transient', code: `HTTP ${status}`, message: `${answer} from a proxy in front of ${service}` }
  // Other services of AWS refuse calls that are meant for SQS with XML.
  const perhaps = service === 'SQS' && OF_CONTENT_PERHAPS.has(status) && !type?.endsWith('xml')
  if (perhaps || isOfContent(status))
    return { kind: 'permanent', code: `HTTP ${status}`, message: `${answer} from a proxy in front of ${service}` }
  return notThere(service, answer)
}

/** True if a status is about the request, so that a repeat fails too. */
export function isOfContent(status: number): boolean {
  return OF_CONTENT.has(status)
}

/** The failure of an answer that is not the service's. @param answer a description of it */
export function notThere(service: AwsService, answer: string): SendFailure {
  const message = `${answer} is not an answer of ${service}: check the endpoint, and proxies in front of it`
  return { kind: 'transient', code: NOT_THERE[service], message }
}

/** True if a failure has only a status, which may be about the request or about every call. */
export function isForeignRefusal({ kind, code }: SendFailure): boolean {
  return kind === 'permanent' && code.startsWith('HTTP ')
}

/** The media type of an answer, if it has a valid one. */
function contentType(error: unknown): string | undefined {
  const { headers } = (error as { $response?: { headers?: Record<string, string> } }).$response ?? {}
  return /^[a-z]+\/[a-z0-9.+-]{1,60}/i.exec(headers?.['content-type'] ?? '')?.[0].toLowerCase()
}
