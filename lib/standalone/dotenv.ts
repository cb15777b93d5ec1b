import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigInvalidError } from '../errors.ts'
import { readUtf8 } from '../text/utf8-file.ts'

/** The variables of the file `.env` in a folder; none if there is no file. @throws {ConfigInvalidError} unreadable, or not UTF-8 */
export function readDotenv(folder: string): Record<string, string | undefined> {
  try {
    return parseEnv(readUtf8(join(folder, '.env')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigInvalidError(`.env cannot be read: ${(error as Error).message}`)
  }
}
