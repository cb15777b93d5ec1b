import createError from '@fastify/error'

/** Faults that one error describes, at most. */
export const MAX_MESSAGES = 100

/** What a message says, for programs that write it in another language. */
export interface MessageParams {
  /** What is wrong: a keyword of JSON Schema, the code of the error, or a code of this package. */
  readonly code: string
  /** The member of the request that it is about, such as `body.filter.key`. */
  readonly field?: string
  /** What else the message names, such as a limit, in the order of the message. */
  readonly values: readonly (string | number)[]
}

/** The members of every error of this package. */
export interface InstanceEventsError<Code extends string = string> extends Error {
  /** Stable across releases; compare this, not `message`. */
  readonly code: Code
  /** The HTTP status that the routes answer with. */
  readonly statusCode: number
  /** One line for each fault, if there are several; `message` joins them. */
  messages?: string[]
  /** What each message says, at the same place; `null` where only the message tells. */
  params?: readonly (MessageParams | null)[]
  /** Milliseconds after which to try again. */
  retryAfterMs?: number
}

/** One value for each `%s` of the message, then optionally the cause. */
export type ErrorArguments<Message extends string> = Message extends `${string}%s${infer Rest}`
  ? [value: string | number, ...ErrorArguments<Rest>]
  : [options?: ErrorOptions]

export interface ErrorClass<Code extends string, Message extends string> {
  new (...values: ErrorArguments<Message>): InstanceEventsError<Code>
  readonly prototype: InstanceEventsError<Code>
}

/**
 * A base class for the errors of one code. They take the name of the class that extends it. `instanceof` compares codes, so it
 * works across copies of this package.
 */
export function errorClass<const Code extends string, const Message extends string>(
  code: Code,
  message: Message,
  statusCode: number
): ErrorClass<Code, Message> {
  const places = message.split('%s').length - 1
  const Base = createError<Code, unknown[]>(code, message, statusCode, Error, false)
  class NamedError extends Base {
    constructor(...values: unknown[]) {
      super(...values)
      this.name = new.target.name
      // A message that is a value as a whole has none.
      if (message !== '%s') Object.assign(this, { params: [{ code, values: values.slice(0, places) }] })
      Error.captureStackTrace(this, new.target)
    }
  }
  // The type of @fastify/error neither has the arguments of the message nor the `statusCode` that it sets.
  return NamedError as unknown as ErrorClass<Code, Message>
}

/** Sets `messages` of an error to the first `MAX_MESSAGES` faults. @param params as in the error; by default none */
export function withMessages<E extends Error>(
  error: E,
  messages: string[],
  params: readonly (MessageParams | null)[] = []
): E {
  return Object.assign(error, { messages: messages.slice(0, MAX_MESSAGES), params: params.slice(0, MAX_MESSAGES) })
}
