import { BodyMalformedError } from '../errors.ts'

/** Levels of arrays and objects in a value: `[]` has one. Many JSON readers fail at 100 levels or a little more. */
export const MAX_DEPTH = 100
/** The power of ten from which numbers are refused: many readers turn them into infinity, or fail. */
const MAX_POWER = 308

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const BACKSLASH = 0x5c
const LOWER_E = 0x65
const LOWER_U = 0x75
/** The bit that makes an upper case letter a lower case one. */
const LOWER = 0x20
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')
/** Characters that may follow a backslash, besides `u` and four hexadecimal digits. */
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))

/** The closing brackets that `skipValue` expects, outermost first. One buffer is enough, since it is not recursive. */
const closing = new Uint8Array(MAX_DEPTH)

/** A value is valid JSON, but over a limit for events. The message continues the name of its field. */
export class JsonLimitError extends Error {}

/** Receives the positions of a member's name and value; returns the end of the value. */
export type MemberVisitor = (nameAt: number, valueAt: number) => number
/** Receives the position of an item; returns its end. */
export type ItemVisitor = (itemAt: number) => number

/**
 * Checks the JSON value that begins at `at`, in UTF-8, and returns its end. No value is built, so that the time depends on
 * the length alone: `JSON.parse` takes a hundred times as long for some texts as for others of the same length.
 * @throws {BodyMalformedError} it is not JSON @throws {JsonLimitError} too deep, or with too large a number
 */
export function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipScalar(bytes, at)
  let open = 0
  let next = at
  do {
    const byte = bytes[next]
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (open === MAX_DEPTH) throw new JsonLimitError(`is nested deeper than ${MAX_DEPTH} levels`)
      closing[open++] = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
      next = skipSpace(bytes, next + 1)
      if (bytes[next] !== closing[open - 1]) {
        if (byte === OPEN_OBJECT) next = skipName(bytes, next)
        continue
      }
    } else next = skipSpace(bytes, skipScalar(bytes, next))
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
  return next
}

/** Checks a text that is one JSON value. @throws {BodyMalformedError} {JsonLimitError} as `skipValue` */
export function assertJson(bytes: Buffer): void {
  assertEnd(bytes, skipValue(bytes, skipSpace(bytes, 0)))
}

/** Checks that only space follows. @throws {BodyMalformedError} there is more */
export function assertEnd(bytes: Buffer, at: number): void {
  const end = skipSpace(bytes, at)
  if (end < bytes.length) throw unexpected(bytes, end)
}

/** Visits the members of the object that begins at `at`, and returns its end. */
export function visitMembers(bytes: Buffer, at: number, visit: MemberVisitor): number {
  let next = skipSpace(bytes, at + 1)
  if (bytes[next] === CLOSE_OBJECT) return next + 1
  for (;;) {
    const end = skipSpace(bytes, visit(next, skipName(bytes, next)))
    if (bytes[end] === CLOSE_OBJECT) return end + 1
    if (bytes[end] !== COMMA) throw unexpected(bytes, end)
    next = skipSpace(bytes, end + 1)
  }
}

/** Visits the items of the array that begins at `at`, and returns its end. */
export function visitItems(bytes: Buffer, at: number, visit: ItemVisitor): number {
  let next = skipSpace(bytes, at + 1)
  if (bytes[next] === CLOSE_ARRAY) return next + 1
  for (;;) {
    const end = skipSpace(bytes, visit(next))
    if (bytes[end] === CLOSE_ARRAY) return end + 1
    if (bytes[end] !== COMMA) throw unexpected(bytes, end)
    next = skipSpace(bytes, end + 1)
  }
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

export function isArray(bytes: Buffer, at: number): boolean {
  return bytes[at] === OPEN_ARRAY
}

function skipScalar(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === QUOTE) return skipString(bytes, at)
  return byte === MINUS || isDigit(byte) ? skipNumber(bytes, at) : skipLiteral(bytes, at)
}

/** Skips the name of a member; returns the position of its value. */
function skipName(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at)
  const colon = skipSpace(bytes, skipString(bytes, at))
  if (bytes[colon] !== COLON) throw unexpected(bytes, colon)
  return skipSpace(bytes, colon + 1)
}

export function skipString(bytes: Buffer, at: number): number {
  let next = at + 1
  let byte = bytes[next]
  while (byte !== QUOTE) {
    if (byte === undefined || byte < SPACE) throw unexpected(bytes, next)
    next = byte === BACKSLASH ? skipEscape(bytes, next) : next + 1
    byte = bytes[next]
  }
  return next + 1
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
  if (power < MAX_POWER) return end
  const shown = bytes.toString('latin1', at, Math.min(end, at + 20))
  throw new JsonLimitError(
    `holds the number ${shown}${end > at + 20 ? '…' : ''}: from 1e${MAX_POWER} on, readers of JSON lose its value`
  )
}

/** Skips digits, of which one is required. */
function skipDigits(bytes: Buffer, at: number): number {
  let next = at
  while (isDigit(bytes[next])) next++
  if (next === at) throw unexpected(bytes, at)
  return next
}

/** Returns the number that digits write; not exact above a million, which is over every limit. */
function wholeNumber(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let next = at; next < end && value < 1_000_000; next++) value = value * 10 + (bytes[next] as number) - ZERO
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

function unexpected(bytes: Buffer, at: number): Error {
  if (at >= bytes.length) return new BodyMalformedError('it ends too early')
  const [character] = bytes.toString('utf8', at, at + 4)
  return new BodyMalformedError(`unexpected ${JSON.stringify(character)} at byte ${at}`)
}
