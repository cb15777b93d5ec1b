import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { folder } from '../support/build.ts'

const HOOK = fileURLToPath(new URL('../support/tap-process.cjs', import.meta.url))
const CODE = `export const first: string = process.argv.length > 0 ? 'one' : 'other'\n`
const PLAIN = `import './code.ts'`
const MEASURED = `
import { Session } from 'node:inspector'
const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
await import('./plain.mts')
session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
  const { functions } = result.find(({ url }) => url.endsWith('code.ts'))
  console.log(functions.flatMap(({ ranges }) => ranges).filter(({ count }) => count === 0).length)
})
`

t.test('branches are measured in code that other tests have put into the compile cache', async (t) => {
  const cwd = folder(t)
  for (const [name, text] of Object.entries({ 'code.ts': CODE, 'plain.mts': PLAIN, 'measured.mts': MEASURED }))
    writeFileSync(join(cwd, name), text)
  const run = (file: string, coverage: '0' | '1') => {
    const env = { _TAPJS_PROCESSINFO_COVERAGE_: coverage, _TAPJS_PROCESSINFO_CWD_: cwd }
    return execFileSync(process.execPath, ['--require', HOOK, file], { cwd, env, encoding: 'utf8' })
  }
  run('plain.mts', '0')
  const branches = [run('measured.mts', '0'), run('measured.mts', '1'), run('measured.mts', '1')].map(Number)
  t.strictSame(branches, [0, 1, 1], 'from the cache, the branch that has not run is unknown')
  const left = readdirSync(join(cwd, '.tap')).filter((name) => name.startsWith('compile-cache'))
  t.strictSame(left, ['compile-cache'])
})
