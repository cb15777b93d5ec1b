import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { API_KEY, folder, listen } from '../support/build.ts'
import { spawnCli } from '../support/cli.ts'
import { until } from '../support/until.ts'

t.test('without arguments, the process is the server', async (t) => {
  const cwd = folder(t)
  const env = { SERVER_PORT: '0', SQS_EMBEDDED_PORT: '0' }
  const { child, out, ended } = spawnCli(t, [], { cwd, env, measured: true })
  await until(() => out().includes('fastify-instance-events is ready'))
  const url = /HTTP API +(\S+)/.exec(out())?.[1] as string
  const list = spawnCli(t, ['instances', '--json'], { cwd, env: { IEV_URL: url } })
  t.equal(await list.ended(), 0)
  t.equal(list.out(), '[]\n', 'the key is read from ./data/api-key')
  child.kill('SIGINT')
  t.equal(await ended(), 0)

  writeFileSync(join(cwd, '.env'), 'SERVER_PORT=http\n')
  const wrong = spawnCli(t, ['serve'], { cwd })
  t.equal(await wrong.ended(), 1)
  t.match(wrong.error(), /^The server was not started:\n {2}SERVER_PORT: got "http"/)
})

t.test('data goes to standard output, errors to standard error with an exit code', async (t) => {
  const { url } = await listen(t, { sqs: false })
  for (const [args, code] of [
    [['--version'], 0],
    [['tial'], 2],
    [['instances', '--url', 'http://127.0.0.1:1'], 1]
  ] as [string[], number][]) {
    const run = spawnCli(t, args)
    t.equal(await run.ended(), code, args.join(' '))
    t.equal(run.out() === '', code !== 0, 'data or an error')
    t.equal(run.error() === '', code === 0)
  }
  const env = { IEV_URL: url, API_KEY }
  const piped = spawnCli(t, ['send', 'sales', 'call', '-'], { env })
  piped.child.stdin.end('{"text":"Oi"}')
  t.equal(await piped.ended(), 0)
  t.match(piped.out(), /^1 {2}\S+\n$/)
})

t.test('`tail` without socket.io-client prints the package to install', async (t) => {
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(specifier, context, next) {
      if (specifier !== 'socket.io-client') return next(specifier, context)
      throw Object.assign(new Error(process.env.WHY), { code: process.env.WHY })
    } })`
  const node = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
  const missing = spawnCli(t, ['tail', 'sales'], { node, env: { WHY: 'ERR_MODULE_NOT_FOUND' }, measured: true })
  t.equal(await missing.ended(), 1)
  t.equal(missing.error(), '`tail` needs socket.io-client, which is not installed: npm install socket.io-client\n')
  const broken = spawnCli(t, ['tail', 'sales'], { node, env: { WHY: 'BROKEN' }, measured: true })
  t.equal(await broken.ended(), 1)
  t.match(broken.error(), /^Error: BROKEN\n +at /)
})
