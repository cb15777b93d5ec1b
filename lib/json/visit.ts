import { unexpected } from './faults.ts'
import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, skipName, skipSpace } from './scan.ts'

/** Receives the positions of a member's name and value; returns the end of the value. */
export type MemberVisitor = (nameAt: number, valueAt: number) => number
/** Receives the position of an item; returns its end. */
export type ItemVisitor = (itemAt: number) => number

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
