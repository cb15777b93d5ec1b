import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigInvalidError } from '../errors.ts'

/** The variables of the file `.env` in a folder; none if there is no file. @throws {ConfigInvalidError} unreadable, or not UTF-8 */
export function readDotenv(folder: string): Record<string, string | undefined> {
  try {
    return parseEnv(decoded(readFileSync(join(folder, '.env'))))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigInvalidError(`.env cannot be read: ${(error as Error).message}`)
  }
}

/** The text without the byte order mark that some editors on Windows write. */
function decoded(bytes: Buffer): string {
  // In UTF-16, every other byte of ASCII text is null.
  if (/^(\xff\xfe|\xfe\xff)|\0/.test(bytes.toString('latin1'))) throw new Error('it is UTF-16: save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is not UTF-8: save it as UTF-8')
  }
}
