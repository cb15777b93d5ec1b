import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { CommandFailed, EXIT } from './failure.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'
const KEY_FILE = join('data', 'api-key')

export interface ServerOptions {
  url?: string
  key?: string
  json?: boolean
}

export interface ServerAddress {
  url: URL
  /** `undefined`: none is known; the server will say whether it wants one. */
  key: string | undefined
}

/** What every command takes that talks to a server. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--url <url>', `the server's, with its prefix if it has one (or IEV_URL; else ${DEFAULT_URL})`)
    .option(
      '--key <key>',
      'the global key, or an instance’s token (or API_KEY; else what ./data/api-key holds, where `npm start` put it). ' +
        'Other users of this machine see a key on the command line: the environment is better'
    )
    .option('--json', 'print JSON')
}

/**
 * Which server, and by which key.
 * @throws {CommandFailed} either is none
 */
export function serverAddress({ url, key }: ServerOptions, { env, folder }: CliContext): ServerAddress {
  return { url: parseUrl(url || env.IEV_URL || DEFAULT_URL), key: checked(key || env.API_KEY || keyFromFile(folder)) }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CommandFailed(`"${text}" is no URL of a server, such as ${DEFAULT_URL}`, EXIT.usage)
  return url
}

function keyFromFile(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, KEY_FILE), 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandFailed(`The key cannot be read: ${(error as Error).message}`)
  }
}

/** It travels in a header. */
function checked(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key
  throw new CommandFailed('The key has characters that no key has: printable ASCII without spaces', EXIT.usage)
}
