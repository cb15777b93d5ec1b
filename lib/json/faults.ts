import { BodyMalformedError } from '../errors.ts'
import type { MessageCode } from '../message-code.ts'

/** A value is valid JSON, but over a limit for events. The message continues the name of its field. */
export class JsonLimitError extends Error {
  readonly code: MessageCode
  /** As in the `params` of an error. */
  readonly values: readonly (string | number)[]

  constructor(message: string, code: MessageCode, values: readonly (string | number)[]) {
    super(message)
    this.code = code
    this.values = values
  }
}

/** Returns the error about a byte that cannot stand where it does, or that is missing. */
export function unexpected(bytes: Buffer, at: number): Error {
  if (at >= bytes.length) return new BodyMalformedError('it ends too early')
  const [character] = bytes.toString('utf8', at, at + 4)
  return new BodyMalformedError(`unexpected ${JSON.stringify(character)} at byte ${at}`)
}
