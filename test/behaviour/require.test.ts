import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { PLAIN_ENV } from '../support/plain-env.ts'
import packageJson from '../../package.json' with { type: 'json' }

const SUBPATHS = Object.entries(packageJson.exports).filter(([subpath]) => !subpath.endsWith('.json'))

t.test('a CommonJS app can require every subpath', async (t) => {
  const files = SUBPATHS.map(([, target]) =>
    (target as { default: string }).default.replace('/dist/', '/').replace('.js', '.ts')
  )
  const program = `for (const file of ${JSON.stringify(files)}) console.log(file, Object.keys(require(file)).length > 0)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', program], {
    cwd: `${import.meta.dirname}/../..`,
    env: PLAIN_ENV,
    timeout: 60_000
  })
  t.equal(stdout, files.map((file) => `${file} true\n`).join(''))
})
