export interface JsonToken {
  kind: 'key' | 'string' | 'number' | 'word' | 'mark'
  text: string
}

/** Characters beyond which a text (base64, mostly) is cut where it is shown; the copy has it whole. */
const MAX_TEXT = 2_000

/** Indented JSON in pieces, for colours. */
export function jsonTokens(value: unknown): JsonToken[] {
  const text = JSON.stringify(value, (_key, inner: unknown) => shortened(inner), 2) ?? 'null'
  const tokens: JsonToken[] = []
  for (const [piece, string, colon, number, word] of text.matchAll(
    /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|[^"\d\-tfn]+|./g
  )) {
    if (string !== undefined) {
      tokens.push({ kind: colon === undefined ? 'string' : 'key', text: string })
      if (colon !== undefined) tokens.push({ kind: 'mark', text: colon })
    } else tokens.push({ kind: number === undefined ? (word === undefined ? 'mark' : 'word') : 'number', text: piece })
  }
  return tokens
}

function shortened(value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= MAX_TEXT) return value
  return `${value.slice(0, MAX_TEXT)}… (${value.length})`
}
