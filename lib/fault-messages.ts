/** A reply names at most this many faults. */
export const MAX_MESSAGES = 100

/** Some faults are several at once: `messages` has one line for each, and the reply repeats them all. */
export interface MessageList {
  messages?: string[]
}

/** Attaches one message per fault to an error made from the first; of the first `MAX_MESSAGES`. */
export function withMessages<E extends Error>(error: E, messages: string[]): E & MessageList {
  return Object.assign(error, { messages: messages.slice(0, MAX_MESSAGES) })
}
