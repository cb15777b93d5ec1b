import { ValidationError } from '../lib/errors.ts'
import { saying } from '../lib/message-code.ts'

/** The error of a request with two members of which it may have one. */
export function excluding(field: string, other: string): ValidationError {
  const message = `${field} and ${other} cannot be used together: send only one of them`
  return saying(new ValidationError(message), { code: 'excludes', field, values: [other] })
}

/** The error of a request that has a member without the one that it needs. @param more continues the message */
export function needing(field: string, other: string, more = ''): ValidationError {
  const message = `${field} can only be used with ${other}${more}`
  return saying(new ValidationError(message), { code: 'goesWith', field, values: [other] })
}

/** The error of a member that is no time. */
export function notTime(field: string, got: string): ValidationError {
  const message = `${field} must be a time in ISO 8601, such as 2026-01-31T12:00:00Z (got "${got}")`
  return saying(new ValidationError(message), { code: 'timeInvalid', field, values: [got] })
}
