import { isUtf8 } from 'node:buffer'
import { CommandFailed } from './failure.ts'

/** Written by some editors at the start of a file. */
export const BYTE_ORDER_MARK = /^\ufeff/

/** Returns the text of some bytes. @param what names them, for the message @throws {CommandFailed} they are not UTF-8 */
export function utf8Text(bytes: Buffer, what: string): string {
  if (!isUtf8(bytes)) throw new CommandFailed(`${what} is not UTF-8`)
  return bytes.toString('utf8')
}
