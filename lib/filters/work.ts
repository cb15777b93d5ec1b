/** Values that one evaluation of a filter may look at. */
const MAX_LOOKS = 10_000

/** Thrown to end an evaluation that has looked at too many values. */
const TOO_MUCH = new Error('A filter looks at too many values')

let left = 0

/** Counts a value that a filter looks at. Only inside of `bounded`. */
export function look(): void {
  if (left-- <= 0) throw TOO_MUCH
}

/** Returns the result of an evaluation; `undefined` if it would look at too many values. */
export function bounded(evaluate: () => boolean): boolean | undefined {
  left = MAX_LOOKS
  try {
    return evaluate()
  } catch {
    // Nothing but TOO_MUCH is thrown.
    return undefined
  }
}
