import { InvalidArgumentError } from 'commander'

/** Returns a parser of whole numbers from `min` to `max`, which throws `InvalidArgumentError`. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`
    throw new InvalidArgumentError(`"${text}" is not a whole number ${range}.`)
  }
}
