/** Sent before events, if they do not follow the offset and the log that the client came with. */
export interface Resuming {
  /** The offset after which the events follow; lower than the requested one if the log has lost its newest events. */
  offset: number
  /** As in `Resumed`. Until `complete: false` has been sent, it says so, for a connection that is lost in between. */
  log: string
}

/** Sent once per replay, after the events from `from` to `to`. Events after it are live. */
export interface Resumed {
  /** The requested offset, or the last one before it that the log has in common with the client; 0 if none is known. */
  from: number
  /** The last offset of the log when the replay reached it. */
  to: number
  /** Number of replayed events. */
  count: number
  /** `false`: the log no longer has all events since the requested offset, or it has lost its newest events, or is another log. */
  complete: boolean
  /** Identifies the log of the offsets; store it with them. */
  log: string
}
