import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { folder } from '../support/build.ts'

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url))

/** A clone that requires a newer Node than the running one, and bundles a copy of the running one. */
function tooOldFor(t: Test): { root: string; bundled: string } {
  const root = folder(t)
  cpSync(scripts, join(root, 'scripts'), { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify({ engines: { node: '>=9999.0' } }))
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform === 'darwin' && process.arch === 'arm64' ? 'bin-' : ''}${platform}-${process.arch}`
  const bundled = join(root, 'node_modules', name, 'bin', 'node')
  mkdirSync(dirname(bundled), { recursive: true })
  mkdirSync(join(root, 'node_modules', 'fastify'))
  symlinkSync(process.execPath, bundled)
  const manifest = { version: process.versions.node, bin: { node: 'bin/node' } }
  writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify(manifest))
  return { root, bundled }
}

/** The environment without the variables of npm. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))

function start(t: Test, root: string, file: string, text: string): ChildProcess {
  writeFileSync(join(root, file), text)
  const child = spawn(process.execPath, ['scripts/node.mjs', file], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

t.test('child processes find the same Node and the installed programs', async (t) => {
  const { root, bundled } = tooOldFor(t)
  writeFileSync(
    join(root, 'program.ts'),
    'const first: string[] = process.env.PATH!.split(":").slice(0, 2)\nconsole.log(JSON.stringify([first, process.argv.slice(2)]))'
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/node.mjs', 'program.ts', '--a', 'b'], {
    cwd: root,
    env,
    encoding: 'utf8'
  })
  t.equal(status, 0, stderr)
  t.same(JSON.parse(stdout), [
    [dirname(bundled), join(root, 'node_modules', '.bin')],
    ['--a', 'b']
  ])
  t.match(stderr, `Node ${process.versions.node} is older than 9999.0: using Node ${process.versions.node} instead.`)
})

t.test('the exit code and the signal of the program are passed on', async (t) => {
  const { root } = tooOldFor(t)
  t.same(await once(start(t, root, 'seven.mjs', 'process.exit(7)'), 'exit'), [7, null])
  t.same(await once(start(t, root, 'killed.mjs', 'process.kill(process.pid, "SIGKILL")'), 'exit'), [null, 'SIGKILL'])
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  t.test(`the program receives ${signal} and has time to stop`, async (t) => {
    const { root } = tooOldFor(t)
    const program = `process.on('${signal}', () => { console.log('stopped'); process.exit(3) }); console.log('up'); setInterval(() => {}, 1000)`
    const child = start(t, root, 'waits.mjs', program)
    const printed = () => once(child.stdout?.setEncoding('utf8') ?? child, 'data')
    t.same(await printed(), ['up\n'])
    const [ended, stopped] = [once(child, 'exit'), printed()]
    child.kill(signal)
    t.same(await stopped, ['stopped\n'])
    t.same(await ended, [3, null])
  })
}

t.test('the program is stopped when npm’s shell has ended', async (t) => {
  const { root } = tooOldFor(t)
  const program = `process.on('SIGTERM', () => { console.log('stopped'); process.exit() }); console.log('up'); setInterval(() => {}, 1000)`
  writeFileSync(join(root, 'waits.mjs'), program)
  const shell = spawn('sh', ['-c', `"${process.execPath}" scripts/node.mjs waits.mjs; :`], {
    cwd: root,
    env: { ...env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const closed = once(shell, 'close')
  let printed = ''
  shell.stdout.setEncoding('utf8').on('data', (chunk) => (printed += chunk))
  await once(shell.stdout, 'data')
  shell.kill('SIGTERM')
  await closed
  t.equal(printed, 'up\nstopped\n')
})

t.test('without installed packages: one sentence and exit code 1', async (t) => {
  const root = folder(t)
  cpSync(scripts, join(root, 'scripts'), { recursive: true })
  const { status, stderr } = spawnSync(process.execPath, ['scripts/node.mjs', 'x.ts'], {
    cwd: root,
    env,
    encoding: 'utf8'
  })
  t.same({ status, stderr }, { status: 1, stderr: 'Nothing is installed yet: run `npm ci` first.\n' })
})
