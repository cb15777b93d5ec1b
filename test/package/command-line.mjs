// Run by scripts/test-package.ts in an app that has the packed tarball: its bin, as npm installed it.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const BIN = join('node_modules', '.bin', 'fastify-instance-events')
const { version } = createRequire(import.meta.url)('fastify-instance-events/package.json')
const env = { ...process.env, SERVER_PORT: '0', SQS_EMBEDDED_PORT: '0' }

function run(args, more = {}) {
  const { status, stdout, stderr } = spawnSync(BIN, args, { encoding: 'utf8', env: { ...env, ...more } })
  assert.equal(status, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

assert.equal(run(['--version']), `${version}\n`)
assert.match(run(['--help']), /^Usage: fastify-instance-events/)
const { ok, settings } = JSON.parse(run(['check-config', '--connect', '--json']))
assert.ok(ok)
assert.ok(settings.some(({ name, from }) => name === 'SERVER_PORT' && from === 'environment'))

// Without arguments it is the server, on embedded defaults.
const server = spawn(BIN, [], { env, stdio: ['ignore', 'pipe', 'inherit'] })
let printed = ''
server.stdout.setEncoding('utf8').on('data', (chunk) => (printed += chunk))
const ended = once(server, 'exit')
while (!/fastify-instance-events is ready[^]*API key/.test(printed)) {
  const [code] = await Promise.race([once(server.stdout, 'data'), ended])
  assert.notEqual(typeof code, 'number', printed)
}
const IEV_URL = /HTTP API +(\S+)/.exec(printed)[1]
assert.match(run(['send', 'sales', 'call', '{}'], { IEV_URL }), /^1 {2}/)
assert.match(run(['instances'], { IEV_URL }), /^sales/m)
server.kill('SIGTERM')
assert.deepEqual(await ended, [0, null])
console.log('its command line works')
