import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { Toolchain } from './toolchain.ts'

/**
 * Runs the tests of what differs most between versions of Node (SQLite, processes and terminals, the standalone server, behaviour
 * across files) with the oldest and the newest supported version. `npm test` runs all tests with one version.
 */
const NODES = ['22.18.0', '26']
const FILES = globSync(['test/{store,cli,standalone,behaviour}/**/*.test.ts', 'test/behaviour/standalone-app.test.ts'])

using tools = new Toolchain({ node: NODES })
const failed = NODES.filter((node) => {
  console.log(`\nNode ${node}`)
  const args = ['scripts/node.mjs', 'scripts/test.ts', '--disable-coverage', '--timeout=300', ...FILES]
  return spawnSync('node', args, { env: tools.environment({ node }), stdio: 'inherit' }).status !== 0
})
for (const node of failed) console.log(`not ok - Node ${node}`)
console.log(`\n${NODES.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
