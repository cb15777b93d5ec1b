import { SharedValues } from '../json/shared-values.ts'

/** The limits of an instance. 0: unlimited; `null`: the server's value. */
export interface InstanceLimits {
  /** Events that it may post in a second, on each node. */
  readonly eventsPerSecond: number | null
  /** Bytes of these events. */
  readonly bytesPerSecond: number | null
  /** Sockets that its token may have open, on each node. */
  readonly sockets: number | null
  /** Bytes of the log that its events may take: from so many on, further ones are refused. */
  readonly retainedBytes: number | null
}

const shared = new SharedValues<InstanceLimits>()

/** The limits of instances without any of their own. */
export const SERVER_LIMITS: InstanceLimits = Object.freeze({
  eventsPerSecond: null,
  bytesPerSecond: null,
  sockets: null,
  retainedBytes: null
})

/** Returns equal limits that are in memory once. */
export function sharedLimits(limits: InstanceLimits): InstanceLimits {
  const { eventsPerSecond, bytesPerSecond, sockets, retainedBytes } = limits
  if (Object.values(limits).every((limit) => limit === null)) return SERVER_LIMITS
  return shared.of({ eventsPerSecond, bytesPerSecond, sockets, retainedBytes })
}

/** Returns limits as they are stored; `null` for those of the server. */
export function storedLimits(limits: InstanceLimits): string | null {
  return limits === SERVER_LIMITS ? null : JSON.stringify(limits)
}

/** Returns stored limits. Those that the release which stored them did not have are the server's. */
export function readLimits(stored: string | null): InstanceLimits {
  return stored === null ? SERVER_LIMITS : sharedLimits({ ...SERVER_LIMITS, ...(JSON.parse(stored) as InstanceLimits) })
}
