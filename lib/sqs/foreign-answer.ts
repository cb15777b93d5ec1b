import { NOT_S3, NOT_SQS } from '../errors.ts'
import type { SendFailure } from './failures.ts'

export type AwsService = 'SQS' | 'S3'

const NOT_THERE = { SQS: NOT_SQS, S3: NOT_S3 } as const

/** Statuses that are about the size or the form of a request: the same request has the same answer. */
const OF_CONTENT = new Set([406, 411, 413, 414, 415, 417, 422, 431, 451])
/** Statuses that may be, where SQS answers otherwise. S3 says why with a code. */
const OF_CONTENT_PERHAPS = new Set([400, 403])
/** Statuses by which a proxy says that it may be otherwise soon. */
const PASSING = new Set([408, 409, 423, 425, 429])

/**
 * The failure of an answer that has no code of AWS: a proxy's, a login page, another service.
 *
 * - `HTTP <status>`, permanent: a status about what was sent, as 413. Whether AWS is there at all is not known from it.
 * - `HTTP <status>`, transient: a status that passes, as 502.
 * - `IEV_SQS_NOT_SQS` (`IEV_S3_NOT_S3`), transient: everything else. What answers is not the service.
 */
export function foreignFailure(
  error: unknown,
  { status, service }: { status: number; service: AwsService }
): SendFailure {
  const type = contentType(error)
  const answer = `HTTP ${status}${type ? ` (${type})` : ''}`
  if (status >= 500 || PASSING.has(status))
    return { kind: 'transient', code: `HTTP ${status}`, message: `${answer} from what stands in front of ${service}` }
  // XML is how other services of AWS refuse what is meant for SQS.
  const perhaps = service === 'SQS' && OF_CONTENT_PERHAPS.has(status) && !type?.endsWith('xml')
  if (perhaps || isOfContent(status))
    return { kind: 'permanent', code: `HTTP ${status}`, message: `${answer} from what stands in front of ${service}` }
  return notThere(service, answer)
}

/** Whether a status says that this request will never be taken, whoever answers. */
export function isOfContent(status: number): boolean {
  return OF_CONTENT.has(status)
}

/** What answers is not the service. @param answer what it answers */
export function notThere(service: AwsService, answer: string): SendFailure {
  const message = `${answer} is no answer of ${service}: check the endpoint, and what stands in front of it`
  return { kind: 'transient', code: NOT_THERE[service], message }
}

/** The failure has a status only, and may be of what was sent, or of everything. */
export function isForeignRefusal({ kind, code }: SendFailure): boolean {
  return kind === 'permanent' && code.startsWith('HTTP ')
}

/** The media type, if it is one. */
function contentType(error: unknown): string | undefined {
  const { headers } = (error as { $response?: { headers?: Record<string, string> } }).$response ?? {}
  return /^[a-z]+\/[a-z0-9.+-]{1,60}/i.exec(headers?.['content-type'] ?? '')?.[0].toLowerCase()
}
