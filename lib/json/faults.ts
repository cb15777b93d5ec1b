import { BodyMalformedError } from '../errors.ts'
import { type MessageCode, saying } from '../message-code.ts'

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

/** The error about a body without a byte. */
export function emptyBody(): BodyMalformedError {
  return saying(new BodyMalformedError('it is empty'), { code: 'bodyEmpty', values: [] })
}

/** Returns the error about a byte that cannot stand where it does, or that is missing. */
export function unexpected(bytes: Buffer, at: number): Error {
  if (at >= bytes.length) return saying(new BodyMalformedError('it ends too early'), { code: 'bodyCut', values: [] })
  const [character] = bytes.toString('utf8', at, at + 4)
  const found = JSON.stringify(character)
  const error = new BodyMalformedError(`unexpected ${found} at byte ${at}`)
  return saying(error, { code: 'bodyUnexpected', values: [found, at] })
}
