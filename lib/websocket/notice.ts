import type { WS_DISABLED } from '../errors.ts'

/** The message `notice` to a socket that was admitted and receives no events: why, and the remedy. */
export interface Notice {
  readonly code: typeof WS_DISABLED
  readonly message: string
}
