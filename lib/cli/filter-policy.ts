import { InvalidArgumentError } from 'commander'
import type { EventFilter } from '../filters/event-filter.ts'

/** The argument that removes the stored filter or paths. */
export const NONE = 'none'

/** Reads the argument of `--filter`: JSON, or `none`. The server checks the policy. */
export function filterPolicy(text: string): EventFilter | typeof NONE {
  if (text === NONE) return text
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as EventFilter
  } catch {
    // Text that is not JSON is refused below, like JSON that is not an object.
  }
  throw new InvalidArgumentError('It must be a JSON object, such as \'{"key":{"fromMe":[false]}}\'.')
}
