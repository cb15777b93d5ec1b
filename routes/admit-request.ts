import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  StreamUnavailableError,
  TooManyRequestsError,
  TransportDisabledError,
  ValidationError,
  WS_INVALID,
  WS_UNAUTHORIZED
} from '../lib/errors.ts'
import { type Admitted, KEYLESS, type Refused } from '../lib/websocket/admission.ts'
import { type HttpClients, httpClientsOf } from '../lib/websocket/http-clients.ts'
import { keyPlaces, keyRefused, keyRequired } from './keys.ts'

export interface RequestForEvents {
  namespace: string
  /** What the client asks for, in the form of a socket's `auth`. */
  auth: Record<string, unknown>
  /** The key in the query; absent if the route accepts none there. */
  apikey?: string | undefined
  /** What the client calls `auth.offset`. */
  offsetName: string
}

/**
 * Admits an HTTP request for events by the rules of sockets.
 * @throws {TransportDisabledError} {UnauthorizedError} {ValidationError} {TooManyRequestsError} {StreamUnavailableError}
 */
export function admitRequest(
  server: FastifyInstance,
  { raw, headers }: FastifyRequest,
  { namespace, auth, offsetName, ...inQuery }: RequestForEvents
): { admitted: Admitted; clients: HttpClients } {
  if (!server.hasDecorator('websocket')) throw new TransportDisabledError('websocket')
  const clients = httpClientsOf(server.websocket)
  const handshake = { auth, headers, query: inQuery }
  const decision = clients.gate.admitRequest(raw, { namespace, handshake })
  if (decision.status === 'refused') throw refusal(decision, { offsetName, keyInQuery: 'apikey' in inQuery })
  if (decision.notice) throw new StreamUnavailableError(decision.notice.message)
  return { admitted: decision, clients }
}

/** Returns the error for a refusal. Its message names members and headers of the request instead of `auth`. */
function refusal(refused: Refused, { offsetName, keyInQuery }: { offsetName: string; keyInQuery: boolean }): Error {
  const { code, message, retryAfterMs } = refused
  if (retryAfterMs !== undefined) return Object.assign(new TooManyRequestsError(message), { retryAfterMs })
  if (refused === KEYLESS) return keyRequired(keyInQuery)
  if (code === WS_UNAUTHORIZED)
    return keyRefused(
      `The key does not authorize these events: send the global key or the token of this instance (${keyPlaces(keyInQuery)})`
    )
  if (code === WS_INVALID)
    return new ValidationError(message.replace(/^auth\.offset/, offsetName).replace(/^auth\./, 'querystring.'))
  return new StreamUnavailableError(message)
}
