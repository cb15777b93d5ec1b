import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Packs the package, installs the tarball into empty Fastify apps, with npm 10 and 11, and sees it import, type-check,
 * register and deliver. What is published is another thing than what the tests import: Node strips no types under
 * node_modules.
 */
const APP = resolve('test/package')
const root = mkdtempSync(join(tmpdir(), 'instance-events-package-'))

function run(command: string, args: string[], cwd: string): void {
  console.log(`$ ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
}

try {
  run('npm', ['pack', '--pack-destination', root], process.cwd())
  const tarball = join(root, readdirSync(root).find((name) => name.endsWith('.tgz')) ?? '')
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  for (const unwanted of ['package/test/', 'package/lib/', '.ts.map', 'package/data/']) {
    if (files.includes(unwanted)) throw new Error(`the tarball has ${unwanted}`)
  }
  for (const npm of ['npm@10', 'npm@11']) {
    const app = join(root, npm)
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
    run('npx', ['--yes', npm, 'install', '--no-audit', '--no-fund', tarball, ...wanted], app)
    run(process.execPath, ['deliver.mjs'], app)
    run(process.execPath, ['command-line.mjs'], app)
    run(process.execPath, ['commonjs.cjs'], app)
    run(process.execPath, ['check-types.mjs'], app)
  }
  console.log('\n2 passed, 0 failed')
} finally {
  rmSync(root, { recursive: true, force: true })
}
