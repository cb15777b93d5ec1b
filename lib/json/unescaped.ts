const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
/** Characters of the longest escape, `\u00e9`. */
const LONGEST = 6

/** Replaces the escapes of JSON text by their characters. */
export function unescaped(json: string): string {
  if (!json.includes('\\')) return json
  return json.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, character: string) =>
    code === undefined ? (CONTROLS[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16))
  )
}

/**
 * Returns where JSON text can be cut without cutting an escape: at a place, or a few characters before it.
 * @param from a place that is not inside an escape, before the other one
 */
export function cutBefore(json: string, place: number, from: number): number {
  if (place >= json.length) return json.length
  const backslash = json.lastIndexOf('\\', place - 1)
  if (backslash < Math.max(from, place - LONGEST + 1)) return place
  let run = 0
  while (backslash - run >= from && json[backslash - run] === '\\') run++
  // Of an even number, each second one is the character of an escape.
  if (run % 2 === 0) return place
  const end = backslash + (json[backslash + 1] === 'u' ? LONGEST : 2)
  return end > place ? backslash : place
}
