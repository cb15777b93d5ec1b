/**
 * Compares two lists as JSON. Returns the first place at which they differ, with the next values of both, or `undefined`:
 * tap's diff of thousands of values would be unreadable.
 */
export function firstDifference(found: readonly unknown[], wanted: readonly unknown[]) {
  const texts = wanted.map((value) => JSON.stringify(value))
  const differing = found.findIndex((value, index) => JSON.stringify(value) !== texts[index])
  if (differing === -1 && found.length === wanted.length) return undefined
  const at = differing === -1 ? found.length : differing
  return { at, found: found.slice(at, at + 3), wanted: wanted.slice(at, at + 3) }
}
