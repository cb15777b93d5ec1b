import createError from '@fastify/error'

/**
 * Every error this package throws or answers with. `code` is stable; `message` is for people.
 * `statusCode` is what the routes answer; errors that only stop a start-up carry 500.
 */

/** Some faults are several at once: `messages` has one line for each, and the reply repeats them all. */
export interface MessageList {
  messages?: string[]
}

export const OptionsInvalidError = createError<[string]>('IEV_OPTIONS_INVALID', '%s', 500)
export const ConfigInvalidError = createError<[string]>('IEV_CONFIG_INVALID', '%s', 500)
export const AlreadyRegisteredError = createError<[string, string]>(
  'IEV_ALREADY_REGISTERED',
  'The %s plugin is already registered on this server; register it once and use fastify.%s',
  500
)
export const SocketIoTakenError = createError(
  'IEV_SOCKETIO_TAKEN',
  'fastify.io exists already: let the websocket plugin register fastify-socket.io, then use fastify.io for your own namespaces',
  500
)
export const StoreLockedError = createError<[string, ErrorOptions?]>(
  'IEV_STORE_LOCKED',
  'The database %s is in use by another process: stop it, or give this one a database of its own',
  500
)
export const StoreUnusableError = createError<[string, string, ErrorOptions?]>(
  'IEV_STORE_UNUSABLE',
  'The database %s cannot be used: %s',
  500
)
export const StoreNewerError = createError<[string, number, number]>(
  'IEV_STORE_NEWER_SCHEMA',
  'The database %s has schema version %s, this release knows versions up to %s: start the release that wrote it, or a newer one',
  500
)
export const StoreUnsupportedError = createError<[string]>(
  'IEV_STORE_UNSUPPORTED',
  'The database URL "%s" is not supported: use file:<path>, :memory: or postgres://<user>@<host>/<database>',
  500
)

export const UnauthorizedError = createError<[string]>('IEV_UNAUTHORIZED', '%s', 401)
export const ValidationError = createError<[string]>('IEV_VALIDATION', '%s', 400)
export const BodyMalformedError = createError<[string]>('IEV_BODY_MALFORMED', 'The body is not JSON: %s', 400)
export const BodyTooLargeError = createError<[number]>(
  'IEV_BODY_TOO_LARGE',
  'The body is larger than the limit of %s bytes: send fewer events at a time, or media by link',
  413
)
export const MediaTypeError = createError<[string]>(
  'IEV_UNSUPPORTED_MEDIA_TYPE',
  'The body must be JSON: send content-type: application/json (got %s)',
  415
)
export const RouteNotFoundError = createError<[string, string]>('IEV_NOT_FOUND', 'There is no route %s %s', 404)
export const ConsoleNotBuiltError = createError(
  'IEV_CONSOLE_NOT_BUILT',
  'The console was not built: run "npm run prepare" in the folder of fastify-instance-events, with its development packages, and start the server again',
  404
)
export const InternalError = createError('IEV_INTERNAL', 'Something went wrong on this server; its log says what', 500)

export const InstanceNameError = createError<[string]>('IEV_INSTANCE_NAME_INVALID', '%s', 400)
export const InstanceNotFoundError = createError<[string]>(
  'IEV_INSTANCE_NOT_FOUND',
  'The "%s" instance does not exist',
  404
)
export const InstanceExistsError = createError<[string]>(
  'IEV_INSTANCE_EXISTS',
  'This name "%s" is already in use: choose another, delete it first, or give it a new token with PUT /instance/token',
  403
)
export const TokenTakenError = createError(
  'IEV_TOKEN_TAKEN',
  'This token already opens something else: choose another, or leave it out to have one generated',
  409
)
export const EventUnknownError = createError<[string]>('IEV_EVENT_UNKNOWN', '%s', 400)
export const EventInvalidError = createError<[string]>('IEV_EVENT_INVALID', '%s', 400)
export const TransportDisabledError = createError<[string, string]>(
  'IEV_TRANSPORT_DISABLED',
  'The %s transport is switched off on this server: switch it on (%s) before selecting events for it',
  409
)

export const QueueUnavailableError = createError<[string, string, string, ErrorOptions?]>(
  'IEV_SQS_QUEUE_UNAVAILABLE',
  'The queue %s could not be made ready, nothing was changed: %s: %s',
  502
)
export const QueueUnusableError = createError<[string, string, string]>(
  'IEV_SQS_QUEUE_UNUSABLE',
  'The queue %s exists with an attribute that cannot work here: %s is %s; delete or rename that queue',
  502
)

export const DeadLetterNotFoundError = createError<[string]>(
  'IEV_DEAD_LETTER_NOT_FOUND',
  'There is no dead letter %s: it was redriven, discarded, or never there',
  404
)

export const BackpressureError = createError<[string, ErrorOptions?]>(
  'IEV_BACKPRESSURE',
  'Not accepted, try again later: %s',
  503
)
export const ClosingError = createError('IEV_CLOSING', 'Not accepted, this server is shutting down', 503)

/** Codes that never leave as an HTTP answer: refusals of sockets, reasons of closed connections and of dead letters. */
export const WS_UNAUTHORIZED = 'IEV_WS_UNAUTHORIZED'
export const WS_NOT_SET = 'IEV_WS_NOT_SET'
export const WS_DISABLED = 'IEV_WS_DISABLED'
export const WS_INVALID = 'IEV_WS_INVALID'
export const WS_RATE_LIMITED = 'IEV_WS_RATE_LIMITED'
export const WS_TOO_SLOW = 'IEV_WS_TOO_SLOW'
export const SQS_PAYLOAD_TOO_LARGE = 'IEV_SQS_PAYLOAD_TOO_LARGE'

/** A reply names at most this many faults. */
export const MAX_MESSAGES = 100

/** Attaches one message per fault to an error made from the first. */
export function withMessages<E extends Error>(error: E, messages: string[]): E & MessageList {
  return Object.assign(error, { messages })
}
