import { readFileSync } from 'node:fs'
import t from 'tap'
import { packageVersion } from '../lib/package-version.ts'
import { build } from './support/build.ts'

t.test('the documentation has the version of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  t.equal(packageVersion(), version)
  const server = await build(t, { sqs: false, docs: true })
  t.match((await server.inject('/docs/json')).json(), { info: { version } })
})
