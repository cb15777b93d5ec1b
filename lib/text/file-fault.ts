import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Types of file systems of the kernel, /proc and /sys, in which nobody creates files (man 2 statfs). */
const OF_KERNEL = new Set([0x9fa0, 0x62656572])

const { R_OK, W_OK, X_OK } = constants

export interface FileChecks {
  /** Throws if this process may not access a path. @default fs.accessSync */
  access?: (path: string, mode: number) => void
}

/**
 * Returns why this process cannot read and write a file, or create it and its folder, as a sentence with the path and the remedy;
 * `undefined` if no reason is found.
 */
export function fileFault(path: string, { access = accessSync }: FileChecks = {}): string | undefined {
  const refusal = (what: string, mode: number) => {
    try {
      access(what, mode)
      return undefined
    } catch (error) {
      return refusalOf(what, error as NodeJS.ErrnoException)
    }
  }
  if (existsSync(path)) {
    const stats = statSync(path)
    if (stats.isDirectory()) return `${path} is a folder: move it away, or choose another path`
    if (!stats.isFile()) return `${path} is not a regular file: move it away, or choose another path`
    const fault = refusal(path, R_OK | W_OK)
    if (fault !== undefined) return fault
  }
  let folder = dirname(resolve(path))
  // Missing folders can be created.
  while (!existsSync(folder)) folder = dirname(folder)
  if (!statSync(folder).isDirectory()) return `${folder} is not a folder: move it away, or choose another path`
  if (OF_KERNEL.has(statfsSync(folder).type)) return `No files can be created in ${folder}: choose another path`
  return refusal(folder, W_OK | X_OK)
}

function refusalOf(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EROFS')
    return `${path} is on a file system that is mounted read-only: mount it writable, or choose another path`
  if (code === 'EPERM')
    return `${path} is protected against changes (EPERM): remove the protection (chattr -i, or a security policy), or choose another path`
  if (code !== 'EACCES') return message
  const { uid } = statSync(path)
  const user = process.getuid ? `The user of this process (uid ${process.getuid()})` : 'The user of this process'
  return `${user} may not read and write ${path}, which belongs to uid ${uid} (EACCES): change its owner or mode, or choose another path`
}
