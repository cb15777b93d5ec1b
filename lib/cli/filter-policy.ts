import { InvalidArgumentError } from 'commander'

/** Reads the argument of `--filter`: JSON, or `none`, which is `null`. The server checks the policy. */
export function filterPolicy(text: string): object | null {
  if (text === 'none') return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Not JSON: refused below, like JSON that is no object.
  }
  throw new InvalidArgumentError('It must be a JSON object, such as \'{"key":{"fromMe":[false]}}\'.')
}
