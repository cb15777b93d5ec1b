import { ValidationError } from '../lib/errors.ts'

/** Reads the member `filter` of a query. @throws {ValidationError} it is not JSON */
export function parseFilter(filter: string): unknown {
  try {
    return JSON.parse(filter)
  } catch {
    throw new ValidationError('querystring.filter must be JSON, percent-encoded')
  }
}
