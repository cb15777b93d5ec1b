import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { storePath } from '../store/open.ts'

/** Where the key and the emulator are kept, for a server that runs in `folder`: beside the database, if that is a file. */
export function dataFolder({ DATABASE_URL: url }: Pick<Config, 'DATABASE_URL'>, folder = '.'): string {
  return url.startsWith('file:') ? dirname(resolve(folder, storePath(url))) : resolve(folder, 'data')
}
