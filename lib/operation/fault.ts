/** A reason why queues accept nothing. */
export type QueueFault = Required<Fault>

/** A reason why events are not accepted or not delivered. */
export interface Fault {
  /** `eventLog`, `sqs`, `websocket`, or `log`: the output of the server's log lines. */
  component: string
  /** A code of this package, of AWS or of the operating system. */
  code: string
  message: string
  /** The queue that has been held back for this reason for the longest time. */
  queue?: string
  /** Number of queues that are held back for this reason. */
  queues?: number
  since?: Date
}
