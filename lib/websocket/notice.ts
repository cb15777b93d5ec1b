import { WS_DISABLED } from '../errors.ts'

/** The message `notice` to a socket that was admitted and receives no events: why, and the remedy. */
export interface Notice {
  readonly code: typeof WS_DISABLED
  readonly message: string
}

/** The notice on `/` in traditional mode. */
export const NO_GLOBAL_EVENTS: Notice = {
  code: WS_DISABLED,
  message:
    'This namespace carries no events, because global events are switched off: connect to /<instance>, or set the option globalEvents of the server'
}
