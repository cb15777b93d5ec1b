import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { withoutPassword } from '../text/without-password.ts'
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
  /** `undefined` if none is known. The server refuses the request if it needs one. */
  key: string | undefined
}

/** Adds the options of all commands that call a server. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--url <url>', `URL of the server, with its prefix if it has one (default: IEV_URL, else ${DEFAULT_URL})`)
    .option(
      '--key <key>',
      'the global key, or the token of an instance (default: API_KEY, else the key in ./data/api-key, which the server ' +
        'creates). Prefer the environment: other users of this machine can see command lines'
    )
    .option('--json', 'print JSON')
}

/**
 * The server and the key that a command uses.
 * @throws {CommandFailed} the URL or the key is invalid
 */
export function serverAddress({ url, key }: ServerOptions, { env, folder }: CliContext): ServerAddress {
  return { url: parseUrl(url || env.IEV_URL || DEFAULT_URL), key: checked(key || env.API_KEY || keyFromFile(folder)) }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CommandFailed(`"${withoutPassword(text)}" is not the URL of a server, such as ${DEFAULT_URL}`, EXIT.usage)
  // `fetch` refuses them, with a message that repeats them.
  if (url.username !== '' || url.password !== '')
    throw new CommandFailed('The URL of the server must not contain a user or a password: use --key', EXIT.usage)
  return url
}

function keyFromFile(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, KEY_FILE), 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandFailed(`Cannot read the key: ${(error as Error).message}`)
  }
}

/** Keys are sent in a header. */
function checked(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key
  throw new CommandFailed('The key is invalid: expected printable ASCII without spaces', EXIT.usage)
}
