import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { storePath } from '../store/open.ts'

/** Folder of the key and the emulator, for a server that runs in `folder`: that of the database file, else `data`. */
export function dataFolder({ DATABASE_URL: url }: Pick<Config, 'DATABASE_URL'>, folder = '.'): string {
  return url.startsWith('file:') ? dirname(resolve(folder, storePath(url))) : resolve(folder, 'data')
}
