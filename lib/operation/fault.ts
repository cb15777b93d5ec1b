import type { MessageParams } from '../error-class.ts'

/** A reason why queues accept nothing. */
export type QueueFault = Required<Omit<Fault, 'params'>>

/** A reason why events are not accepted or not delivered. */
export interface Fault {
  /** `eventLog`, `sqs`, `websocket`, or `log`: the output of the server's log lines. */
  component: string
  /** A code of this package, of AWS or of the operating system. */
  code: string
  message: string
  /** What the sentences of the message say, as in the replies of errors; absent if only the message tells. */
  params?: readonly (MessageParams | null)[]
  /** The queue that has been held back for this reason for the longest time. */
  queue?: string
  /** Number of queues that are held back for this reason. */
  queues?: number
  since?: Date
}
