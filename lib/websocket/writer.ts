import type { WS_STALLED, WS_TOO_SLOW } from '../errors.ts'
import type { Payload } from './payload.ts'

export type CutOffReason = typeof WS_TOO_SLOW | typeof WS_STALLED

/** Milliseconds that a client which is cut off has to read the reason. */
export const GRACE_MS = 5_000

/** Writes to one connection. */
export interface Writer {
  readonly namespace: string
  /** Identifies the client in the log. */
  readonly id: string
  /** Bytes that the system has not accepted yet. */
  readonly buffered: number
  /** True if bytes waited for the client at the last `settle`. */
  readonly waits: boolean
  /** True if it shares its bytes with other connections instead of copying them. */
  readonly sharesFrames: boolean
  /** True if the connection was cut off: it is closed, or will be within the grace period. */
  readonly isCut: boolean
  /** Sends payloads, at least one, in one write if the connection takes them at once. */
  send(...payloads: readonly [Payload, ...Payload[]]): void
  /** Releases the bytes that the system has accepted. @returns true if any are left */
  settle(): boolean
  /** Returns the milliseconds since the system last accepted a byte for the client. @param now by `performance.now` */
  idleMs(now: number): number
  /** Closes the connection of a client that does not keep up, which can then resume. */
  cutOff(reason: CutOffReason): void
  /** Ends the connection at once. */
  end(): void
}
