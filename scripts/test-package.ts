import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Toolchain } from './toolchain.ts'

/**
 * Packs the package, installs the tarball into empty Fastify apps with npm 10 and 11 on the oldest Node, and checks that it can be
 * imported, required, type-checked and registered, and that it delivers events. The other tests import the sources, whose types
 * Node does not strip under node_modules.
 */
const APP = resolve('test/package')
/** The oldest supported Node, and later versions. */
const NODE = '22.18.0'
const LATER_NODES = ['24', '26']
const NPMS = ['10', '11']
/** Sources, tests and settings of tools, of this package and of bundled ones. */
const UNWANTED = /^package\/(lib|data)\/|\.ts\.map$|\/tests?\/|\.test\.|\.test-d\.|\/\.(?!env\.example$)/
const root = mkdtempSync(join(tmpdir(), 'instance-events-package-'))

function run(command: string, args: string[], cwd: string, env = process.env): void {
  console.log(`$ ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}

try {
  run(process.execPath, ['scripts/pack.ts', root], process.cwd())
  const tarball = join(root, readdirSync(root).find((name) => name.endsWith('.tgz')) ?? '')
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  const unwanted = files.filter((name) => UNWANTED.test(name))
  if (unwanted.length > 0) throw new Error(`the tarball has ${unwanted.join(', ')}`)
  const { sideEffects } = JSON.parse(readFileSync('package.json', 'utf8')) as { sideEffects: string[] }
  const missing = sideEffects.filter((name) => !files.includes(join('package', name)))
  if (missing.length > 0) throw new Error(`sideEffects names ${missing.join(', ')}, which the tarball does not have`)
  using tools = new Toolchain({ node: [NODE, ...LATER_NODES], npm: NPMS })
  for (const npm of NPMS) {
    const env = tools.environment({ node: NODE, npm })
    const app = join(root, `npm-${npm}`)
    mkdirSync(app)
    cpSync(APP, app, { recursive: true })
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
    const wanted = [
      'fastify@5',
      'socket.io-client@4',
      'fauxqs@2',
      '@aws-sdk/client-sqs',
      'typescript',
      'typescript-5@npm:typescript@5.9',
      '@types/node@24'
    ]
    run('npm', ['install', '--no-audit', '--no-fund', tarball, ...wanted], app, env)
    run('node', ['deliver.mjs'], app, env)
    run('node', ['command-line.mjs'], app, env)
    run('node', ['commonjs.cjs'], app, env)
    run('node', ['check-types.mjs'], app, env)
    for (const node of LATER_NODES) {
      run('node', ['deliver.mjs'], app, tools.environment({ node }))
      run('node', ['commonjs.cjs'], app, tools.environment({ node }))
    }
  }
  console.log(`\n${NPMS.length} passed, 0 failed`)
} finally {
  rmSync(root, { recursive: true, force: true })
}
