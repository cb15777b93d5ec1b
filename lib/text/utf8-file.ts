import { readFileSync } from 'node:fs'

/**
 * Reads a text file, without the byte order mark that some editors on Windows write.
 * @throws {Error} the file cannot be read, or is not UTF-8
 */
export function readUtf8(path: string): string {
  const bytes = readFileSync(path)
  // In UTF-16, every other byte of ASCII text is null.
  if (/^(\xff\xfe|\xfe\xff)|\0/.test(bytes.toString('latin1'))) throw new Error('it is UTF-16: save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('it is not UTF-8: save it as UTF-8')
  }
}
