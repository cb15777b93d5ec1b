/** Why events are not accepted, or do not leave. */
export interface Fault {
  /** `eventLog`, `sqs`, `websocket`, or `log`: where the server's own log goes. */
  component: string
  /** A code of ours, of AWS or of the system. */
  code: string
  message: string
  /** Of the queues that are held back for this reason, the one that has been for the longest time. */
  queue?: string
  /** Number of queues that are held back for this reason. */
  queues?: number
  since?: Date
}
