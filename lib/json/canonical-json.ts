import { createHash, type Hash } from 'node:crypto'
import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE } from './scan.ts'
import { sortedMembers, type Member } from './sorted-members.ts'

/** Characters of an array or object above which its digest replaces it, so that long text is not copied at each level. */
const LONG = 65_536
/** Characters that are read before other work gets its turn: about 10 ms. */
const SLICE = 65_536
/** Members that are written before other work gets its turn. */
const SLICE_MEMBERS = 65_536
/** Characters of a string that are decoded at once. */
const PIECE = 65_536

/**
 * Converts valid JSON to a canonical text: two values have the same text exactly if they differ only in white space, order of
 * members and escapes in strings. Numbers keep their spelling, so that no digit is lost. A long array or object becomes `#` and its
 * SHA-256. Yields after each slice of the work.
 */
export function canonicalJson(json: string): Generator<undefined, string> {
  return new CanonicalReader(json).read()
}

class CanonicalReader {
  readonly #json: string
  #at = 0
  /** Position of the next backslash. */
  #backslash = -1

  constructor(json: string) {
    this.#json = json
  }

  /** Reads without recursion, since the value may be nested to any depth. */
  *read(): Generator<undefined, string> {
    const json = this.#json
    const open: Container[] = []
    let whole = ''
    let sliceEnd = SLICE
    while (this.#at < json.length) {
      if (this.#at >= sliceEnd) {
        yield
        sliceEnd = this.#at + SLICE
      }
      const code = json.charCodeAt(this.#at)
      let value: string | undefined
      if (code <= SPACE || code === COMMA || code === COLON) this.#at++
      else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
        open.push(new Container(code === OPEN_OBJECT))
        this.#at++
      } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
        // Valid JSON has an opening bracket for each closing one.
        value = yield* (open.pop() as Container).close()
        this.#at++
      } else if (code === QUOTE) value = this.#plainString() ?? (yield* this.#escapedString())
      else value = this.#scalar()
      if (value === undefined) continue
      const container = open.at(-1)
      if (container) container.add(value)
      else whole = value
    }
    return whole
  }

  /** A string without escapes, which is its own canonical form; `undefined` if the string has any. */
  #plainString(): string | undefined {
    const from = this.#at
    const end = this.#json.indexOf('"', from + 1) + 1
    if (this.#backslash < from) this.#backslash = this.#json.indexOf('\\', from)
    if (this.#backslash < 0) this.#backslash = Infinity
    if (this.#backslash < end) return undefined
    this.#at = end
    return this.#json.slice(from, end)
  }

  *#escapedString(): Generator<undefined, string> {
    this.#at++
    let written = ''
    /** First half of a surrogate pair whose second half begins the next piece. */
    let half = ''
    for (;;) {
      let text = half + (JSON.parse(`"${this.#piece()}"`) as string)
      const last = this.#json.charCodeAt(this.#at) === QUOTE
      half = !last && isFirstHalf(text.charCodeAt(text.length - 1)) ? text.slice(-1) : ''
      if (half !== '') text = text.slice(0, -1)
      written += JSON.stringify(text).slice(1, -1)
      if (last) break
      yield
    }
    this.#at++
    return `"${written}"`
  }

  /** Returns the next characters of a string as written, up to its closing quote, but not many more than `PIECE`. */
  #piece(): string {
    const json = this.#json
    const from = this.#at
    let at = from
    for (let code = json.charCodeAt(at); code !== QUOTE && at - from < PIECE; code = json.charCodeAt(at))
      at += code !== BACKSLASH ? 1 : json[at + 1] === 'u' ? 6 : 2
    this.#at = at
    return json.slice(from, at)
  }

  /** A number, `true`, `false` or `null`. */
  #scalar(): string {
    const json = this.#json
    const from = this.#at
    let at = from + 1
    while (at < json.length && !endsScalar(json.charCodeAt(at))) at++
    this.#at = at
    return json.slice(from, at)
  }
}

/** An array or object that is being read. */
class Container {
  readonly #members: Member[] | undefined
  #name: string | undefined
  #text: string
  #hash: Hash | undefined

  constructor(isObject: boolean) {
    this.#members = isObject ? [] : undefined
    this.#text = isObject ? '{' : '['
  }

  /** Adds an item of an array; for an object, alternately a name and its value. */
  add(value: string): void {
    if (this.#members === undefined) this.#write(`${value},`)
    else if (this.#name === undefined) this.#name = value
    else {
      this.#members.push([this.#name, value])
      this.#name = undefined
    }
  }

  *close(): Generator<undefined, string> {
    if (this.#members) {
      let written = 0
      for (const [name, value] of yield* sortedMembers(this.#members)) {
        this.#write(`${name}:${value},`)
        if (++written % SLICE_MEMBERS === 0) yield
      }
    }
    this.#write(this.#members ? '}' : ']')
    return this.#hash === undefined ? this.#text : `#${this.#hash.update(this.#text).digest('base64url')}`
  }

  #write(text: string): void {
    this.#text += text
    if (this.#text.length <= LONG) return
    this.#hash = (this.#hash ?? createHash('sha256')).update(this.#text)
    this.#text = ''
  }
}

function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function endsScalar(code: number): boolean {
  return code <= SPACE || code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT
}
