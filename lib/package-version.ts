import { existsSync, readFileSync } from 'node:fs'

/** This package's version. Its package.json is one folder up from the sources, two from the build. */
export function packageVersion(): string {
  const file = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : '0.0.0'
}
