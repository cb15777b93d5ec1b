import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { tidy } from './setting-values.ts'
import { EnvSchema, FILE_SUFFIX } from './settings.ts'
import { readUtf8 } from '../text/utf8-file.ts'

const FILE_SETTINGS = Object.keys(EnvSchema.properties).filter((name) => name.endsWith(FILE_SUFFIX))

/** Reads the settings that are given as files. Faults name the file, and never show what is in it. */
export function readSecretFiles(values: Readonly<Record<string, string>>): {
  secrets: Record<string, string>
  faults: string[]
} {
  const secrets: Record<string, string> = {}
  const faults: string[] = []
  for (const setting of FILE_SETTINGS) {
    const path = values[setting]
    if (path === undefined) continue
    const name = setting.slice(0, -FILE_SUFFIX.length)
    if (values[name] !== undefined) faults.push(`${name}: is set, and ${setting} too: set only one of them`)
    // The value may be the secret itself, set by mistake.
    else if (!isAbsolute(path)) faults.push(`${setting}: is not the absolute path of a file`)
    else
      try {
        secrets[name] = readSecret(path)
      } catch (error) {
        faults.push(`${setting}: ${path} cannot be used: ${(error as Error).message}`)
      }
  }
  return { secrets, faults }
}

function readSecret(path: string): string {
  if (!statSync(path).isFile()) throw new Error('it is not a file')
  const text = readUtf8(path).replace(/\r?\n$/, '')
  if (text.trim() === '') throw new Error('it is empty: write the value into it')
  if (/[\r\n]/.test(text)) throw new Error('it has several lines: write only the value, in one line')
  if (tidy(text) !== text) throw new Error('it begins or ends with a space, or is in quotes: write only the value')
  return text
}
