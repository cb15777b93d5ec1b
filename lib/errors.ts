/**
 * All errors that this package throws or replies with. `code` is stable, `message` may change.
 * `statusCode` is the HTTP status of the reply; errors that only end a start-up have 500.
 */
import { errorClass } from './error-class.ts'

export type { ErrorArguments, ErrorClass, InstanceEventsError } from './error-class.ts'

/** An option of a plugin is unknown, missing or wrong; the message names it. */
export class OptionsInvalidError extends errorClass('IEV_OPTIONS_INVALID', '%s', 500) {}
/** A setting of the standalone server is unknown or wrong; `messages` names each. */
export class ConfigInvalidError extends errorClass('IEV_CONFIG_INVALID', '%s', 500) {}
/** The plugin is registered on this server already. */
export class AlreadyRegisteredError extends errorClass(
  'IEV_ALREADY_REGISTERED',
  'The %s plugin is already registered on this server; register it once and use fastify.%s',
  500
) {}
/** Another plugin decorated the server with `io` before the websocket plugin. */
export class SocketIoTakenError extends errorClass(
  'IEV_SOCKETIO_TAKEN',
  'fastify.io already exists: do not register fastify-socket.io yourself. The websocket plugin registers it; add your own namespaces to its fastify.io',
  500
) {}
/** Another process uses the database file. */
export class StoreLockedError extends errorClass(
  'IEV_STORE_LOCKED',
  'The database %s is in use by another process: stop that process, or give this server its own database',
  500
) {}
/** The database cannot be opened, read or written. */
export class StoreUnusableError extends errorClass('IEV_STORE_UNUSABLE', 'The database %s cannot be used: %s', 500) {}
/** Parts of the database file are damaged. Events that can be read are served, the others are left out. */
export class StoreDamagedError extends errorClass(
  'IEV_STORE_DAMAGED',
  'The database %s is damaged (%s): stop the server, then restore a backup, or recover the readable part with the .recover command of sqlite3',
  503
) {}
/** A newer release wrote the database. */
export class StoreNewerError extends errorClass(
  'IEV_STORE_NEWER_SCHEMA',
  'The database %s has schema version %s, but this release supports only versions up to %s: start the release that wrote it, or a newer one',
  500
) {}
/** The URL names no supported database. */
export class StoreUnsupportedError extends errorClass(
  'IEV_STORE_UNSUPPORTED',
  'The database URL "%s" is not supported: use %s',
  500
) {}

/** 401: the key is missing, or does not authorize this request. */
export class UnauthorizedError extends errorClass('IEV_UNAUTHORIZED', '%s', 401) {}
/** 401: the body of a webhook is not signed with this server's secret. */
export class SignatureInvalidError extends errorClass('IEV_SIGNATURE_INVALID', '%s', 401) {}
/** 400: the request does not match the schema of its route. */
export class ValidationError extends errorClass('IEV_VALIDATION', '%s', 400) {}
/** 400: a filter, or a list of members to leave out, is invalid; the message names the member and the remedy. */
export class FilterInvalidError extends errorClass('IEV_FILTER_INVALID', '%s', 400) {}
/** 409: events of this namespace cannot be streamed; the message has the reason and the remedy. */
export class StreamUnavailableError extends errorClass('IEV_STREAM_UNAVAILABLE', '%s', 409) {}
/** 429: over a limit; `Retry-After` has the seconds after which to try again. */
export class TooManyRequestsError extends errorClass('IEV_TOO_MANY_REQUESTS', '%s', 429) {}
/** 400: the body is not JSON. */
export class BodyMalformedError extends errorClass('IEV_BODY_MALFORMED', 'The body is not JSON: %s', 400) {}
/** 413: the body is over `bodyLimit`. */
export class BodyTooLargeError extends errorClass(
  'IEV_BODY_TOO_LARGE',
  'The body is larger than the limit of %s bytes%s',
  413
) {}
/** 415: the content type of the body is not JSON. */
export class MediaTypeError extends errorClass(
  'IEV_UNSUPPORTED_MEDIA_TYPE',
  'The body must be JSON: send content-type: application/json (got %s)',
  415
) {}
/** 415: the body is compressed. */
export class ContentEncodingError extends errorClass(
  'IEV_UNSUPPORTED_CONTENT_ENCODING',
  'The body must not be compressed: send it without content-encoding (got %s)',
  415
) {}
/** 404: no route has this method and path. */
export class RouteNotFoundError extends errorClass('IEV_NOT_FOUND', 'There is no route %s %s%s', 404) {}
/** 404: the files of the console are missing. */
export class ConsoleNotBuiltError extends errorClass(
  'IEV_CONSOLE_NOT_BUILT',
  'The console was not built: run "npm run build:console" in the folder of fastify-instance-events, with its development packages ("npm ci" without --omit=dev), and start the server again',
  404
) {}
/** 500: an unexpected fault; the log of the server has its cause. */
export class InternalError extends errorClass(
  'IEV_INTERNAL',
  'An unexpected error occurred; the log of the server has the details',
  500
) {}

/** 400: the name cannot be that of an instance. */
export class InstanceNameError extends errorClass('IEV_INSTANCE_NAME_INVALID', '%s', 400) {}
/** 404: no instance has this name. */
export class InstanceNotFoundError extends errorClass(
  'IEV_INSTANCE_NOT_FOUND',
  'The "%s" instance does not exist',
  404
) {}
/** 403: an instance of this name exists. */
export class InstanceExistsError extends errorClass(
  'IEV_INSTANCE_EXISTS',
  'This name "%s" is already in use: choose another, delete it first, or give it a new token with PUT /instance/token',
  403
) {}
/** 429: an unknown instance is not registered, since there are `autoRegisterMax` instances. */
export class TooManyInstancesError extends errorClass(
  'IEV_TOO_MANY_INSTANCES',
  'The "%s" instance was not registered automatically, because there are already %s instances (autoRegisterMax): create it with POST /instance/create, delete unused instances, or raise the limit',
  429
) {}
/** 429: the instance posts or holds more than its limits allow; `retryAfterMs` says when it may post again. */
export class LimitExceededError extends errorClass(
  'IEV_LIMIT_EXCEEDED',
  'The "%s" instance has reached its limit %s of %s: post again after the number of seconds in Retry-After, or raise the limit with PUT /instance/limits',
  429
) {}
/** 403: the instance is reserved for the operator. */
export class OperatorInstanceError extends errorClass(
  'IEV_OPERATOR_INSTANCE',
  'The "%s" instance is reserved for the operator: only this server posts its events, and it can neither be created nor deleted',
  403
) {}
/** 409: another instance has this token, or it is the global key. */
export class TokenTakenError extends errorClass(
  'IEV_TOKEN_TAKEN',
  'This token is already in use: choose another, or leave it out to have one generated',
  409
) {}
/** 400: the catalogue has no such event; the message names those with similar names. */
export class EventUnknownError extends errorClass('IEV_EVENT_UNKNOWN', '%s', 400) {}
/** 404: the log has no event of this instance at this offset. */
export class EventNotFoundError extends errorClass(
  'IEV_EVENT_NOT_FOUND',
  'The "%s" instance has no event at offset %s: it was never accepted, or is no longer in the log',
  404
) {}
/** 400: a member of an event is missing or wrong; `messages` names each. */
export class EventInvalidError extends errorClass('IEV_EVENT_INVALID', '%s', 400) {}
/** 409: the transport is switched off on this server. */
export class TransportDisabledError extends errorClass(
  'IEV_TRANSPORT_DISABLED',
  'The %s transport is switched off on this server: switch it on there before you select events for it',
  409
) {}

/** 502: SQS refused to create or to find the queue; `cause` is the error of the AWS SDK. */
export class QueueUnavailableError extends errorClass(
  'IEV_SQS_QUEUE_UNAVAILABLE',
  'The queue %s could not be found or created: %s: %s',
  502
) {}
/** 502: the queue exists with an attribute that does not work here. */
export class QueueUnusableError extends errorClass(
  'IEV_SQS_QUEUE_UNUSABLE',
  'The queue %s exists, but this server cannot use it, because its attribute %s is %s: delete the queue with its messages, and the server creates it again',
  502
) {}

/** 404: no dead letter has this id. */
export class DeadLetterNotFoundError extends errorClass(
  'IEV_DEAD_LETTER_NOT_FOUND',
  'There is no dead letter %s: it was redriven or discarded, or never existed',
  404
) {}

/** 503: the event log has reached a limit, or its database does not answer; try again after a second. */
export class BackpressureError extends errorClass('IEV_BACKPRESSURE', 'Not accepted, try again later: %s', 503) {
  /** Name of the instance whose share is used up; `undefined`: the cause concerns all instances. */
  instance?: string
}
/** 503: the server is shutting down. */
export class ClosingError extends errorClass(
  'IEV_CLOSING',
  'Not accepted, this server is shutting down: try again in a moment',
  503
) {}

/** Codes besides those of routes: refused sockets, closed connections, reasons of dead letters, faults. */
export const WS_UNAUTHORIZED = 'IEV_WS_UNAUTHORIZED'
export const WS_NOT_SET = 'IEV_WS_NOT_SET'
export const WS_DISABLED = 'IEV_WS_DISABLED'
export const WS_INVALID = 'IEV_WS_INVALID'
export const WS_RATE_LIMITED = 'IEV_WS_RATE_LIMITED'
export const WS_TOO_MANY_SOCKETS = 'IEV_WS_TOO_MANY_SOCKETS'
export const WS_OLD_CLIENT = 'IEV_WS_OLD_CLIENT'
export const WS_TOO_SLOW = 'IEV_WS_TOO_SLOW'
export const WS_STALLED = 'IEV_WS_STALLED'
export const WS_BUFFERS_FULL = 'IEV_WS_BUFFERS_FULL'
export const SQS_PAYLOAD_TOO_LARGE = 'IEV_SQS_PAYLOAD_TOO_LARGE'
export const EVENT_DAMAGED = 'IEV_EVENT_DAMAGED'

/** Codes of faults and log lines: a call to AWS had no complete answer in time, or something else answered it. */
export const TIMEOUT = 'IEV_TIMEOUT'
export const NOT_SQS = 'IEV_SQS_NOT_SQS'
export const NOT_S3 = 'IEV_S3_NOT_S3'
