import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigInvalidError } from '../errors.ts'
import { fileFault } from '../text/file-fault.ts'
import { makeFolder } from '../text/make-folder.ts'
import { GLOBAL_KEY, GLOBAL_KEY_FORM } from './global-key.ts'

const KEY = new RegExp(GLOBAL_KEY)

export interface GlobalKey {
  apiKey: string
  /** File of the generated key; `undefined` if the operator set the key. */
  keyFile?: string
  /** The key, if it was generated on this start. */
  newKey?: string
}

/**
 * Reads the key from a file, or generates it there, readable only by the owner.
 * @throws {ConfigInvalidError} the file cannot be read or written, or its content is not a key
 */
export function apiKeyFromFile(path: string): GlobalKey {
  try {
    const kept = readKey(path)
    if (kept !== undefined) return { apiKey: kept, keyFile: path }
    const newKey = writeKey(path)
    return { apiKey: newKey, keyFile: path, newKey }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = (code === undefined ? undefined : fileFault(path)) ?? message
    throw new ConfigInvalidError(
      `AUTHENTICATION_API_KEY: is not set, and the file of the generated key cannot be used: ${reason}; or set the variable`,
      { cause: error }
    )
  }
}

/** Reads the key. Returns `undefined` if the file is empty or does not exist. */
function readKey(path: string): string | undefined {
  const key = textOf(path).trim()
  if (key === '') return undefined
  if (KEY.test(key)) return key
  throw new Error(
    `${path} must have one line, a key of ${GLOBAL_KEY_FORM}: correct it, or delete it to have another generated`
  )
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function writeKey(path: string): string {
  const key = randomBytes(24).toString('base64url')
  makeFolder(dirname(path))
  writeFileSync(path, `${key}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  return key
}
