/** The place where a text stops being JSON. */
export interface JsonFault {
  /** From 1. */
  line: number
  /** From 1. */
  column: number
  /** True if the text is the beginning of JSON. */
  isEnd: boolean
}

const BLANKS = /[ \t\n\r]*/y
const TEXT = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/uy
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y

/** Finds the fault of a text in the same way in every browser; `undefined`: it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    const at = faultAt(text)
    const lines = text.slice(0, at).split('\n')
    return { line: lines.length, column: (lines.at(-1) as string).length + 1, isEnd: text.slice(at).trim() === '' }
  }
}

/** Offset of the first character that cannot follow. */
function faultAt(text: string): number {
  const closers: string[] = []
  let at = 0
  let wants: 'value' | 'item' | 'member' | 'name' | 'colon' | 'next' = 'value'

  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }

  for (;;) {
    skip(BLANKS)
    const character = text.charAt(at)
    const canClose = wants === 'next' || wants === 'item' || wants === 'member'
    if (canClose && closers.length > 0 && character === closers.at(-1)) {
      closers.pop()
      at++
      wants = 'next'
    } else if (wants === 'colon' ? character === ':' : wants === 'next' && closers.length > 0 && character === ',') {
      at++
      wants = wants === 'next' && closers.at(-1) === '}' ? 'name' : 'value'
    } else if (wants === 'colon' || wants === 'next') return at
    else if (wants === 'name' || wants === 'member') {
      if (!skip(TEXT)) return at
      wants = 'colon'
    } else if (character === '[' || character === '{') {
      closers.push(character === '[' ? ']' : '}')
      at++
      wants = character === '[' ? 'item' : 'member'
    } else if (skip(TEXT) || skip(SCALAR)) wants = 'next'
    else return at
  }
}
