import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode } from './find-node.mjs'

/** Interval of the check that npm's shell is still running. */
const PARENT_CHECK_MS = 500
const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs the Node that `findNode` finds with `args`. Its folder, then those of the installed programs, come first on the PATH of child
 * processes. This process ends with its exit code or signal.
 * @param {string[]} args
 */
export function runWithNode(args) {
  const { env } = process
  const found = findNode({
    root: ROOT,
    env,
    running: { path: process.execPath, version: process.versions.node },
    platform: `${process.platform}-${process.arch}`
  })
  if ('fault' in found) {
    console.error(found.fault)
    process.exitCode = 1
    return
  }
  if (found.note) console.error(found.note)

  // On Windows, its name is Path.
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const path = [dirname(found.path), join(ROOT, 'node_modules', '.bin'), env[pathName]].filter(Boolean).join(delimiter)
  const child = spawn(found.path, args, { stdio: 'inherit', env: { ...env, [pathName]: path } })
  // In a terminal, Ctrl-C reaches the child by itself.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const watch = env.npm_lifecycle_event === undefined ? undefined : stopWithParent(child)
  child.once('error', ({ message }) => {
    clearInterval(watch)
    console.error(`Node ${found.version} cannot be started: ${message}. Install a newer Node.`)
    process.exitCode = 1
  })
  child.once('exit', (status, signal) => {
    clearInterval(watch)
    if (signal) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    } else process.exitCode = status
  })
}

/** npm passes SIGTERM to its shell only, which ends without a signal to the program. */
function stopWithParent(child) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, PARENT_CHECK_MS)
  return watch
}
