/** Bytes of a value besides its content. */
const OVERHEAD = 16

/** Approximate memory of a JSON value. Not recursive, because events may be nested deeper than the stack. */
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
