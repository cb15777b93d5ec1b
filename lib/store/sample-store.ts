/** What one node has seen at one time. */
export interface NodeSample {
  /** Events per second since its sample before, accepted by all nodes; `null`: not known. */
  readonly accepted: number | null
  /** Deliveries per second since its sample before, by this node; `null`: not known. */
  readonly delivered: number | null
  /** Pending deliveries of all nodes. */
  readonly pending: number
  /** `null`: nothing is pending. */
  readonly oldestPendingAgeSeconds: number | null
  readonly deadLetters: number
  /** Sockets of this node. */
  readonly sockets: number
}

/** Milliseconds of a part: a node has one sample in each. */
export const SAMPLE_MS = 10_000
/** Parts of an hour. */
export const MAX_SAMPLES = 360

/** A sample of a node, and the number of its part since 1970. */
export interface KeptSample extends NodeSample {
  readonly part: number
  readonly node: string
}

/** The samples of all nodes in the last hour, by a clock that they share. */
export interface SampleStore {
  /** Keeps the sample of a node in the current part, in place of an earlier one in this part. Removes those of more than an hour ago. */
  keep(node: string, sample: NodeSample): Promise<void>

  /** The samples by ascending part, and the current time in milliseconds since the epoch. */
  read(): Promise<{ now: number; samples: KeptSample[] }>
}
