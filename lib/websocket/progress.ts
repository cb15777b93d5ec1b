/** How far a listener has got in the log: it was sent all of its events up to there. */
export interface Progress {
  /** The last offset; the client resumes after it. */
  readonly offset: number
  /** The log of the offset; empty if the client has not named it and it is not known yet. */
  readonly log: string
  /** `false`: events before it are missing. */
  readonly complete: boolean
  /** True if the listener is at the head of the log. */
  readonly isLive: boolean
}
