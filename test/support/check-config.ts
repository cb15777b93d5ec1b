import type { Setting } from '../../lib/standalone/settings-report.ts'
import type { Connection } from '../../lib/standalone/try-connections.ts'
import { cli } from './cli.ts'

interface Report {
  ok: boolean
  faults: string[]
  warnings: string[]
  settings: Setting[]
  connections?: Connection[]
}

/** The report of `check-config --json`. */
export async function check(env: Record<string, string>, { here = '/nowhere', args = [] as string[] } = {}) {
  const { code, out, error } = await cli(['check-config', '--json', ...args], { env, folder: here })
  return { code, error, report: JSON.parse(out) as Report }
}
