import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { Toolchain } from './toolchain.ts'

/**
 * Runs `npm ci && npm start`, and one test of `npm test`, in fresh clones of HEAD with several versions of npm and Node: the server
 * answers, serves the console, and ends after SIGTERM. The last run has no development packages.
 */
const NODES = ['20', '22.18.0'] as const
const NPMS = process.argv.length > 2 ? process.argv.slice(2) : ['10.9', '11.6']
const START_MS = 60_000
const STOP_MS = 30_000
const MAX_TRIES = 3
/** Lines that `npm ci` may print. */
const MAX_LINES = 8

using tools = new Toolchain({ node: NODES, npm: NPMS })
let failed = 0
let passed = 0
for (const npm of NPMS) {
  for (const node of NODES) await check(`npm ${npm} on Node ${node}`, npm, node, [])
}
await check(`npm ${NPMS[0]} on Node 22.18.0, without development packages`, NPMS[0] ?? '', '22.18.0', ['--omit=dev'])
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function check(title: string, npm: string, node: string, options: string[]): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'instance-events-install-'))
  const env = tools.environment({ node, npm })
  const started = performance.now()
  try {
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${process.cwd()}`, cwd], { stdio: 'inherit' })
    const printed = install(options, cwd, env)
    assert.ok(printed.split('\n').length <= MAX_LINES, `npm ci prints more than ${MAX_LINES} lines:\n${printed}`)
    const isOlder = node === '20'
    const hasTools = options.length === 0
    await serves(cwd, env, { isOlder, hasConsole: hasTools })
    if (hasTools) run('npm', ['test', '--', '--disable-coverage', 'test/package-version.test.ts'], cwd, env)
    passed++
    console.log(`ok - ${title} (${Math.round((performance.now() - started) / 1_000)} s)`)
  } catch (error) {
    failed++
    console.log(`not ok - ${title}\n${(error as Error).stack}`)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** Retries after the error with which npm 10 ends when it loses a connection to the registry. */
function install(options: string[], cwd: string, env: NodeJS.ProcessEnv): string {
  for (let tries = 1; ; tries++) {
    try {
      return run('npm', ['ci', ...options], cwd, env)
    } catch (error) {
      if (tries === MAX_TRIES || !(error as Error).message.includes('Exit handler never called')) throw error
      console.log('npm has lost the connection to the registry: retrying')
    }
  }
}

function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 600_000 })
  assert.equal(status, 0, `${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return `${stdout}${stderr}`.trim()
}

async function serves(
  cwd: string,
  env: NodeJS.ProcessEnv,
  wanted: { isOlder: boolean; hasConsole: boolean }
): Promise<void> {
  const child = spawn('npm', ['start'], {
    cwd,
    env: { ...env, SERVER_PORT: '0', SQS_EMBEDDED_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that all of its processes can be ended.
    detached: true
  })
  const ended = once(child, 'close')
  try {
    const { url, output } = await ready(child, ended)
    assert.equal(
      /^Node 20\.\S+ is older than 22\.18: using Node 24/m.test(output()),
      wanted.isOlder,
      `the Node that runs:\n${output()}`
    )
    assert.equal((await fetch(`${url}/health`)).status, 200)
    const page = await fetch(`${url}/console/`)
    const text = await page.text()
    if (wanted.hasConsole) {
      assert.equal(page.status, 200, text)
      const [, script = ''] = /src="\.\/(assets\/[^"]+)"/.exec(text) ?? []
      assert.equal((await fetch(`${url}/console/${script}`)).status, 200, script)
    } else {
      assert.match(text, /IEV_CONSOLE_NOT_BUILT/)
    }
    child.kill('SIGTERM')
    await within(STOP_MS, ended, 'SIGTERM does not end npm start')
    const told = output().match(/console was not built/g) ?? []
    assert.equal(
      told.length,
      wanted.hasConsole ? 0 : 1,
      `the reason for the missing console, printed once:\n${output()}`
    )
  } finally {
    if (child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // The group has ended already.
      }
    }
  }
}

/** The address in the banner, and all output so far. */
async function ready(child: ChildProcess, ended: Promise<unknown>): Promise<{ url: string; output: () => string }> {
  let printed = ''
  const address = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk
        const [, url] = /HTTP API +(\S+)[^]*API key/.exec(printed) ?? []
        if (url !== undefined) resolve(url)
      })
  })
  const url = await within(START_MS, Promise.race([address, ended]), 'npm start prints no banner').catch((error) => {
    throw new Error(`${(error as Error).message}:\n${printed}`)
  })
  assert.equal(typeof url, 'string', `npm start ended:\n${printed}`)
  return { url: url as string, output: () => printed }
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} within ${ms} ms`)), ms)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
