import type { EventStore } from '../../lib/store/event-store.ts'
import type { Alarm } from './alarm.ts'
import type { History } from './history.ts'
import type { SimulatedProcess } from './clock.ts'

/** What nodes store their events in, and how it fails. */
export interface Backend {
  /** Nothing can be written before this time. */
  fullUntil: number
  /** The share of reads that fail. */
  badReads: number
  /** Milliseconds that a read may take each way. */
  readMs: number
  /** Rings in commits of events. */
  readonly alarm: Alarm
  /** Number of pending deliveries, as stored. */
  readonly pendingCount: number
  /** Opens it as a process that starts. */
  open(process: SimulatedProcess): EventStore | Promise<EventStore>
  /** A process has ended without a word. */
  crashed(process: SimulatedProcess): void
  /** True if acknowledgements of a process that was shut down may not be stored. */
  losesAcknowledgements(process: SimulatedProcess): boolean
  /** Notes what the log has. */
  learn(history: History): Promise<void>
  /** It does well from now on. */
  mend(): void
  remove(): Promise<void>
}
