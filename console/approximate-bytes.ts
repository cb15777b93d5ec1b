/** What a member or an item takes besides what is in it. */
const OVERHEAD = 16

/** About how much memory a value of JSON takes. Without recursion, since events may be nested deeper than the stack. */
export function approximateBytes(value: unknown): number {
  let bytes = 0
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    bytes += OVERHEAD
    if (typeof next === 'string') bytes += next.length
    else if (Array.isArray(next)) for (const item of next) left.push(item)
    else if (typeof next === 'object' && next !== null)
      for (const [key, inner] of Object.entries(next)) {
        bytes += key.length
        left.push(inner)
      }
  }
  return bytes
}
