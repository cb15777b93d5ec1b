import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { PLAIN_ENV } from './plain-env.ts'

/** The file that `tsc` runs: with tap's hooks, Node.js cannot load an ES module without an extension. */
const TSC = fileURLToPath(new URL('../../node_modules/typescript/lib/tsc.js', import.meta.url))

/** Runs the compiler in this package's folder. @returns its output, which is empty without errors */
export async function tsc(...args: string[]): Promise<string> {
  const cwd = fileURLToPath(new URL('../../', import.meta.url))
  const child = spawn(process.execPath, [TSC, ...args], { cwd, env: PLAIN_ENV, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const printed = out + err
  return code === 0 || printed !== '' ? printed : `tsc ended with ${String(code)}`
}
