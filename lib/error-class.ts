import createError from '@fastify/error'

/** What every error of this package has. */
export interface InstanceEventsError<Code extends string = string> extends Error {
  /** Stable across releases: compare this one. */
  readonly code: Code
  /** The HTTP status that the routes answer with. */
  readonly statusCode: number
  /** One line per fault, where there are several; `message` joins them. */
  messages?: string[]
}

/** One value for each `%s` of the message, then perhaps the cause. */
export type ErrorArguments<Message extends string> = Message extends `${string}%s${infer Rest}`
  ? [value: string | number, ...ErrorArguments<Rest>]
  : [options?: ErrorOptions]

export interface ErrorClass<Code extends string, Message extends string> {
  new (...values: ErrorArguments<Message>): InstanceEventsError<Code>
  readonly prototype: InstanceEventsError<Code>
}

/** A base class: errors have the name of the class that extends it. `instanceof` compares the code, so it holds across copies of this package. */
export function errorClass<const Code extends string, const Message extends string>(
  code: Code,
  message: Message,
  statusCode: number
): ErrorClass<Code, Message> {
  const Base = createError<Code, unknown[]>(code, message, statusCode, Error, false)
  class NamedError extends Base {
    constructor(...values: unknown[]) {
      super(...values)
      this.name = new.target.name
      Error.captureStackTrace(this, new.target)
    }
  }
  // The base gives these members to each error, but its type knows neither the arguments nor that the status is there.
  return NamedError as unknown as ErrorClass<Code, Message>
}
