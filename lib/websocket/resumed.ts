/** Sent once per connection, after the events from `from` to `to`. Events after it are live. */
export interface Resumed {
  /** The requested offset; 0 if it is not of this log. */
  from: number
  /** The last offset of the log when the replay reached it. */
  to: number
  /** Number of replayed events. */
  count: number
  /** `false`: the log no longer has all events since the requested offset, or it is another log. */
  complete: boolean
  /** Identifies the log of the offsets; store it with them. */
  log: string
}
