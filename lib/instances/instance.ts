import type { EventFilter } from '../filters/event-filter.ts'
import type { Omission } from '../filters/omission.ts'
import type { InstanceLimits } from './limits.ts'
import { digestOf } from './token-digest.ts'

/** A transport that delivers events. */
export type TransportName = 'sqs' | 'websocket'

/** The events of an instance that one transport delivers. */
export interface Selection {
  readonly id: string
  readonly enabled: boolean
  /** Event keys; `*` alone stands for all. */
  readonly events: readonly string[]
  /** The filter of these events by their `data`; all are delivered if absent. */
  readonly filter?: EventFilter | undefined
  /** Members of `data` that are left out; absent: none. */
  readonly omit?: Omission | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A replaced token that is still valid. */
export interface FormerToken {
  /** SHA-256 of the token. */
  readonly hash: Buffer
  /** Time at which it stops being valid. */
  readonly until: Date
}

/** A named tenant connection of a messaging hub. */
export interface Instance {
  /** Internal number, never reused: an instance with the name of a removed one does not inherit its events. */
  readonly key: number
  /** UUID. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the token; `null` for an instance registered without one. */
  readonly tokenHash: Buffer | null
  /** The token before, while it is valid beside the current one. */
  readonly formerToken: FormerToken | null
  /** Kind of connection that the hub named, such as `WHATSAPP-BAILEYS`. */
  readonly integration: string | null
  /** Minutes without an event after which it is silent; 0: never, `null`: the server's value. */
  readonly silenceAfterMinutes: number | null
  readonly limits: InstanceLimits
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly selections: { readonly [T in TransportName]?: Selection }
}

/** Returns true if the token with this digest is valid for an instance. */
export function hasToken({ tokenHash, formerToken }: Instance, digest: string): boolean {
  return digestOf(tokenHash) === digest || digestOf(formerToken?.hash) === digest
}
