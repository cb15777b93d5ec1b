import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  StreamUnavailableError,
  TooManyRequestsError,
  TransportDisabledError,
  UnauthorizedError,
  ValidationError,
  WS_INVALID,
  WS_UNAUTHORIZED
} from '../lib/errors.ts'
import type { Admitted, Refused } from '../lib/websocket/admission.ts'
import { type HttpClients, httpClientsOf } from '../lib/websocket/http-clients.ts'

export interface RequestForEvents {
  namespace: string
  /** What the client asks for, in the form of a socket's `auth`. */
  auth: Record<string, unknown>
  /** The key in the query, if the route accepts one. */
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
  { namespace, auth, apikey, offsetName }: RequestForEvents
): { admitted: Admitted; clients: HttpClients } {
  if (!server.hasDecorator('websocket')) throw new TransportDisabledError('websocket')
  const clients = httpClientsOf(server.websocket)
  const handshake = { auth, headers, query: { apikey } }
  const decision = clients.gate.admitRequest(raw, { namespace, handshake })
  if (decision.status === 'refused') throw refusal(decision, offsetName)
  if (decision.notice) throw new StreamUnavailableError(decision.notice.message)
  return { admitted: decision, clients }
}

/** Returns the error for a refusal. Its message names members of the query instead of `auth`. */
function refusal({ code, message, retryAfterMs }: Refused, offsetName: string): Error {
  if (retryAfterMs !== undefined) return Object.assign(new TooManyRequestsError(message), { retryAfterMs })
  if (code === WS_UNAUTHORIZED) return new UnauthorizedError(message)
  if (code === WS_INVALID)
    return new ValidationError(message.replace(/^auth\.offset/, offsetName).replace(/^auth\./, 'querystring.'))
  return new StreamUnavailableError(message)
}
