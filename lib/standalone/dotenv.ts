import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigInvalidError } from '../errors.ts'

/** `.env` of a folder, if there is one. @throws {ConfigInvalidError} it cannot be read */
export function readDotenv(folder: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigInvalidError(`.env cannot be read: ${(error as Error).message}`)
  }
}
