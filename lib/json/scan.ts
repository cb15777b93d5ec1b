// Scalars are checked in this file too: as imported functions they would take a sixth longer.
import { JsonLimitError, unexpected } from './faults.ts'

/** Levels of arrays and objects in a value: `[]` has one. Many JSON readers fail at 100 levels or a little more. */
export const MAX_DEPTH = 100
/** The power of ten from which numbers are refused: many readers turn them into infinity, or fail. */
const MAX_POWER = 308

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
export const SPACE = 0x20
export const QUOTE = 0x22
const PLUS = 0x2b
export const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
export const COLON = 0x3a
export const BACKSLASH = 0x5c
const LOWER_E = 0x65
const LOWER_U = 0x75
/** The bit that makes an upper case letter a lower case one. */
const LOWER = 0x20
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** A position after every end. `Infinity` would make comparisons with it slower. */
const ANYWHERE = 2 ** 30

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')
/** Bytes of a string that are read one by one. */
const FEW_BYTES = 256
/** In longer ones, four bytes are looked at together, as a word. Each constant is for all four. */
const WORD = 4
const QUOTES = 0x22222222
const BACKSLASHES = 0x5c5c5c5c
const SPACES = 0x20202020
const ONES = 0x01010101
const HIGH_BITS = 0x80808080
/** Characters that may follow a backslash, besides `u` and four hexadecimal digits. */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))

/**
 * Checks the JSON value that begins at `at`, in UTF-8, and returns its end. No value is built, so that the time depends on
 * the length alone: `JSON.parse` takes a hundred times as long for some texts as for others of the same length.
 * @throws {BodyMalformedError} it is not JSON @throws {JsonLimitError} too deep, or with too large a number
 */
export function skipValue(bytes: Buffer, at: number): number {
  if (!isObject(bytes, at) && !isArray(bytes, at)) return skipScalar(bytes, at)
  whole.at = at
  whole.advance(bytes, ANYWHERE)
  return whole.at
}

/** Does what `skipValue` does, in parts. */
export class ValueScan {
  /** The position up to which the value is checked; its end, once all of it is. */
  at: number
  readonly #closing = new Uint8Array(MAX_DEPTH)
  /** Arrays and objects that are open. */
  #open = 0
  /** True if `at` is inside of a string. */
  #inString = false

  constructor(at: number) {
    this.at = at
  }

  /** Checks the value up to `until`, or as much more as one name or number has. @returns whether all of it is checked */
  advance(bytes: Buffer, until: number): boolean {
    /** The closing brackets that are expected, outermost first. */
    const closing = this.#closing
    let open = this.#open
    let next = this.at
    let inString = this.#inString
    do {
      if (next >= until) return this.#pause({ at: next, open, inString })
      const byte = bytes[next]
      if (inString || byte === QUOTE) {
        next = skipToQuote(bytes, inString ? next : next + 1, until)
        inString = bytes[next] !== QUOTE
        if (inString) return this.#pause({ at: next, open, inString })
        next++
        if (open > 0) next = skipSpace(bytes, next)
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (open === MAX_DEPTH)
          throw new JsonLimitError(`is nested deeper than ${MAX_DEPTH} levels`, 'nestedTooDeep', [MAX_DEPTH])
        closing[open++] = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
        next = skipSpace(bytes, next + 1)
        if (bytes[next] !== closing[open - 1]) {
          if (byte === OPEN_OBJECT) next = skipName(bytes, next)
          continue
        }
      } else {
        next = skipNumberOrLiteral(bytes, next)
        if (open > 0) next = skipSpace(bytes, next)
      }
      while (open > 0 && bytes[next] === closing[open - 1]) {
        next++
        if (--open > 0) next = skipSpace(bytes, next)
      }
      if (open > 0) {
        if (bytes[next] !== COMMA) throw unexpected(bytes, next)
        next = skipSpace(bytes, next + 1)
        if (closing[open - 1] === CLOSE_OBJECT) next = skipName(bytes, next)
      }
    } while (open > 0)
    this.at = next
    return true
  }

  #pause({ at, open, inString }: { at: number; open: number; inString: boolean }): false {
    this.at = at
    this.#open = open
    this.#inString = inString
    return false
  }
}

/** For values that are checked at once: nothing else is, meanwhile. */
const whole = new ValueScan(0)

/** Checks a text that is one JSON value. @throws {BodyMalformedError} {JsonLimitError} as `skipValue` */
export function assertJson(bytes: Buffer): void {
  assertEnd(bytes, skipValue(bytes, skipSpace(bytes, 0)))
}

/** Checks that only space follows. @throws {BodyMalformedError} there is more */
export function assertEnd(bytes: Buffer, at: number): void {
  const end = skipSpace(bytes, at)
  if (end < bytes.length) throw unexpected(bytes, end)
}

/** Returns where a text begins: after its byte order mark, if it has one. */
export function skipByteOrderMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

export function skipSpace(bytes: Buffer, at: number): number {
  let next = at
  while (isSpace(bytes[next])) next++
  return next
}

function isSpace(byte: number | undefined): boolean {
  // The usual case.
  if (byte === undefined || byte > SPACE) return false
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB
}

export function isObject(bytes: Buffer, at: number): boolean {
  return bytes[at] === OPEN_OBJECT
}

export function isString(bytes: Buffer, at: number): boolean {
  return bytes[at] === QUOTE
}

export function isArray(bytes: Buffer, at: number): boolean {
  return bytes[at] === OPEN_ARRAY
}

function skipScalar(bytes: Buffer, at: number): number {
  return bytes[at] === QUOTE ? skipString(bytes, at) : skipNumberOrLiteral(bytes, at)
}

function skipNumberOrLiteral(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  return byte === MINUS || isDigit(byte) ? skipNumber(bytes, at) : skipLiteral(bytes, at)
}

/** Skips the name of a member; returns the position of its value. */
export function skipName(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at)
  const colon = skipSpace(bytes, skipString(bytes, at))
  if (bytes[colon] !== COLON) throw unexpected(bytes, colon)
  return skipSpace(bytes, colon + 1)
}

export function skipString(bytes: Buffer, at: number): number {
  return skipToQuote(bytes, at + 1, ANYWHERE) + 1
}

/** Skips a string up to its closing quote, or to `until` and a little more. @returns the position reached */
function skipToQuote(bytes: Buffer, at: number, until: number): number {
  let next = skipFew(bytes, at)
  while (bytes[next] !== QUOTE && next < until) {
    if (next >= bytes.length) throw unexpected(bytes, next)
    next = skipFew(bytes, skipWords(bytes, next, until))
  }
  return next
}

/** Skips a few bytes of a string, but not its closing quote. */
function skipFew(bytes: Buffer, at: number): number {
  // No byte is read after the last, which would take three times as long. Words begin at multiples of four.
  const end = Math.min(bytes.length, at + FEW_BYTES - ((bytes.byteOffset + at) % WORD))
  let next = at
  while (next < end) {
    const byte = bytes[next] as number
    if (byte === QUOTE) break
    if (byte < SPACE) throw unexpected(bytes, next)
    next = byte === BACKSLASH ? skipEscape(bytes, next) : next + 1
  }
  return next
}

/** Skips words of characters that mean themselves, up to `until`; none if no word begins there. */
function skipWords(bytes: Buffer, at: number, until: number): number {
  const begin = bytes.byteOffset + at
  const count = (Math.min(bytes.length, until) - at) >> 2
  if (begin % WORD !== 0 || count <= 0) return at
  const words = new Int32Array(bytes.buffer, begin, count)
  let index = 0
  while (index < count && isPlain(words[index] as number)) index++
  return at + index * WORD
}

/**
 * True if none of four bytes is a quote, a backslash or a control character: a byte that is less than another borrows its high
 * bit (https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
 */
function isPlain(word: number): boolean {
  const quote = word ^ QUOTES
  const backslash = word ^ BACKSLASHES
  const found = ((word - SPACES) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)
  return (found & HIGH_BITS) === 0
}

function skipEscape(bytes: Buffer, at: number): number {
  const escaped = bytes[at + 1]
  if (escaped === LOWER_U) {
    for (let digit = at + 2; digit < at + 6; digit++) if (!isHexadecimal(bytes[digit])) throw unexpected(bytes, digit)
    return at + 6
  }
  if (escaped === undefined || !ESCAPED.has(escaped)) throw unexpected(bytes, at + 1)
  return at + 2
}

function skipNumber(bytes: Buffer, at: number): number {
  const whole = bytes[at] === MINUS ? at + 1 : at
  let end = bytes[whole] === ZERO ? whole + 1 : skipDigits(bytes, whole)
  let power = end - whole - 1
  if (bytes[end] === POINT) end = skipDigits(bytes, end + 1)
  if (((bytes[end] ?? 0) | LOWER) === LOWER_E) {
    const signed = bytes[end + 1] === MINUS || bytes[end + 1] === PLUS
    const digits = end + (signed ? 2 : 1)
    const negative = bytes[end + 1] === MINUS
    end = skipDigits(bytes, digits)
    const exponent = wholeNumber(bytes, digits, end)
    power += negative ? -exponent : exponent
  }
  if (power < MAX_POWER || power - leadingZeros(bytes, whole) < MAX_POWER) return end
  const shown = `${bytes.toString('latin1', at, Math.min(end, at + 20))}${end > at + 20 ? '…' : ''}`
  throw new JsonLimitError(
    `contains the number ${shown}: most JSON parsers cannot represent numbers of 1e${MAX_POWER} or more`,
    'numberTooLargeForJson',
    [shown, `1e${MAX_POWER}`]
  )
}

/** Returns the number of zeros before the first other digit of a number; `Infinity` if it has no other. */
function leadingZeros(bytes: Buffer, at: number): number {
  let zeros = 0
  for (let next = at; isDigit(bytes[next]) || bytes[next] === POINT; next++) {
    if (bytes[next] === ZERO) zeros++
    else if (bytes[next] !== POINT) return zeros
  }
  return Infinity
}

/** Skips digits, of which one is required. */
function skipDigits(bytes: Buffer, at: number): number {
  let next = at
  while (isDigit(bytes[next])) next++
  if (next === at) throw unexpected(bytes, at)
  return next
}

/** Returns the number that digits write; not exact above 1e9, which is more than a text has digits. */
function wholeNumber(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let next = at; next < end && value < 1_000_000_000; next++) value = value * 10 + (bytes[next] as number) - ZERO
  return value
}

function skipLiteral(bytes: Buffer, at: number): number {
  const literal = bytes[at] === TRUE[0] ? TRUE : bytes[at] === FALSE[0] ? FALSE : NULL
  for (let index = 0; index < literal.length; index++)
    if (bytes[at + index] !== literal[index]) throw unexpected(bytes, at + index)
  return at + literal.length
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}

function isHexadecimal(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | LOWER
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}
