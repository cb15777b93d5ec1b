import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { EmitResult } from '../event-log/event-log.ts'
import type { BatchResult } from '../sqs/batch-client.ts'
import type { StoredEvent } from '../events/event.ts'
import type { TransportName } from '../instances/instance.ts'

/**
 * Channels of `node:diagnostics_channel`. Their names and the shapes of their messages are public; no message has the data
 * of an event, or a key. Without subscribers, nothing is published or prepared.
 */

/** Message of `tracing:fastify-instance-events:accept:*`: events that are submitted together, accepted all or none. */
export interface AcceptTrace {
  /** As they were submitted, valid or not. */
  readonly events: readonly { readonly instance: string; readonly event: string }[]
  /** The only transport that may deliver them; `undefined`: no restriction. */
  readonly transport: TransportName | undefined
  /** For each event, once they are durable. */
  result?: EmitResult[]
  /** The reason why none was accepted. */
  error?: unknown
}

/** A stored event without its data. */
export interface EventReference {
  readonly instance: string
  readonly event: string
  readonly id: string
  readonly offset: number
}

/** Message of `tracing:fastify-instance-events:send:*`: one SendMessageBatch. */
export interface SendTrace {
  readonly queue: string
  readonly events: readonly EventReference[]
  /** The answer of SQS. `Id` of an entry is the index of its event in `events`. */
  result?: BatchResult
  /** The reason why the whole call failed. */
  error?: unknown
}

/** Message of `fastify-instance-events:dead-letter`: a delivery that was given up on. */
export interface DeadLetterNotice extends EventReference {
  readonly queue: string
  /** A code of AWS or of this package. */
  readonly reason: string
  readonly message: string
  readonly attempts: number
}

/** Message of `fastify-instance-events:slow-client`: a connection that was closed because its client does not keep up. */
export interface SlowClientNotice {
  /** `IEV_WS_TOO_SLOW`: too many bytes wait for the client; `IEV_WS_STALLED`: the client reads nothing. */
  readonly code: string
  readonly namespace: string
  /** Socket.IO's id of the first socket of the connection. */
  readonly socketId: string
  readonly bufferedBytes: number
}

export const acceptChannel = tracingChannel<unknown, AcceptTrace>('fastify-instance-events:accept')
export const sendChannel = tracingChannel<unknown, SendTrace>('fastify-instance-events:send')
export const deadLetterChannel = channel('fastify-instance-events:dead-letter')
export const slowClientChannel = channel('fastify-instance-events:slow-client')

export function referenceOf({ instance, event, id, offset }: StoredEvent): EventReference {
  return { instance, event, id, offset }
}
