import type { Client } from 'pg'
import type { SimulatedProcess } from './clock.ts'

/** A lock of a partition, as the server gave it. */
export interface Lease {
  readonly process: SimulatedProcess
  readonly partition: number
  readonly from: number
  until?: number
  /** Its session ended before it was unlocked. */
  lost?: boolean
}

/** A connection that holds locks and listens. */
export interface Session {
  readonly client: Client
  readonly process: SimulatedProcess
  readonly leases: Map<number, Lease>
  readonly shared: Set<number>
  /** Calls that wait for an answer. */
  readonly asked: Set<(error: Error) => void>
  /** When the last packet arrives, each way: none overtakes another. */
  toServerAt: number
  toClientAt: number
  silenceMs: number
  listens: boolean
  idle?: NodeJS.Timeout
  open: boolean
}
