import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { PLAIN_ENV } from '../support/plain-env.ts'

const markdown = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8')
const app = new URL('../../app.ts', import.meta.url).href

/** The files in docs/testing.md: the first line of each block of code is its name. */
const files = [...markdown.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(
  ([, name = '', code = '']) => [name, code.replace("'fastify-instance-events'", `'${app}'`)] as const
)

t.test('the tests in docs/testing.md pass', async (t) => {
  const folder = t.testdir({ 'package.json': '{"type":"module"}', ...Object.fromEntries(files) })
  const tests = files.map(([name]) => name).filter((name) => name.endsWith('.test.js'))
  t.same(tests, ['log.test.js', 'client.test.js', 'emulator.test.js'])
  const runs = tests.map(async (name) => {
    const options = { cwd: folder, env: PLAIN_ENV, timeout: 60_000 }
    const run = promisify(execFile)(process.execPath, ['--test-reporter=tap', name], options)
    return (await run.catch((error: { stdout: string }) => error)).stdout
  })
  t.match(
    await Promise.all(runs),
    tests.map(() => /^# pass 1$[^]*^# fail 0$/m)
  )
})
