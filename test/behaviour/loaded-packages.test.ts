import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AppOptions } from '../../app.ts'
import { API_KEY, folder } from '../support/build.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'
import { soonOnce } from '../support/until.ts'

/** Packages that only one part of the server needs. */
const HEAVY = [
  '@aws-sdk/client-s3',
  '@aws-sdk/client-sqs',
  '@fastify/static',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  '@fastify/type-provider-typebox',
  '@opentelemetry/api',
  'commander',
  'fastify-socket.io',
  'fauxqs',
  'pg',
  'prom-client',
  'socket.io',
  'undici'
]

/** Runs Node.js. @returns the packages of `HEAVY` that it loaded */
async function loaded(t: Test, args: string[], env: Record<string, string> = {}): Promise<string[]> {
  const file = join(folder(t), 'packages.json')
  const child = spawn(process.execPath, ['--import', './test/support/record-packages.ts', ...args], {
    cwd: `${import.meta.dirname}/../..`,
    // The hooks of tap would load packages.
    env: { ...PLAIN_ENV, ...env, LOADED_PACKAGES: file },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.after(() => child.kill('SIGKILL'))
  // The standalone server runs until SIGTERM.
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('is ready')) child.kill('SIGTERM')
  })
  t.strictSame(await soonOnce(child, 'exit'), [0, null])
  const packages = new Set(JSON.parse(readFileSync(file, 'utf8')) as string[])
  return HEAVY.filter((name) => packages.has(name))
}

/** Runs a host app. @param url the request that it makes @returns the packages of `HEAVY` that it loaded */
function ofApp(t: Test, options: Partial<AppOptions>, url = '/health'): Promise<string[]> {
  const all = { apiKey: API_KEY, eventLog: { url: ':memory:' }, ...options }
  const program = `
    import Fastify from 'fastify'
    import app from './app.ts'
    const server = Fastify()
    await server.register(app, ${JSON.stringify(all)})
    await server.inject(${JSON.stringify(url)})
    await server.close()`
  return loaded(t, ['--input-type=module', '--eval', program])
}

const OFF = { sqs: false, websocket: false, docs: false, console: false } as const

const skip = process.versions.node.startsWith('22.') && 'module hooks of Node 22 do not load CommonJS'

t.test('a host app loads only the packages that its parts need', { skip }, async (t) => {
  const [none, metrics, sqs, websocket, docs, console] = await Promise.all([
    ofApp(t, OFF),
    ofApp(t, OFF, '/metrics'),
    ofApp(t, { ...OFF, sqs: { region: 'us-east-1' } }),
    ofApp(t, { ...OFF, websocket: {} }),
    ofApp(t, { ...OFF, docs: true }),
    ofApp(t, { ...OFF, console: true })
  ])
  t.strictSame(
    { none, metrics, sqs, websocket, docs, console },
    {
      none: [],
      metrics: ['@opentelemetry/api', 'prom-client'],
      sqs: ['@aws-sdk/client-sqs'],
      websocket: ['fastify-socket.io', 'socket.io'],
      docs: ['@fastify/static', '@fastify/swagger', '@fastify/swagger-ui'],
      console: ['@fastify/static']
    }
  )
})

t.test('the standalone server loads only the packages that its settings need', { skip }, async (t) => {
  const settings = {
    AUTHENTICATION_API_KEY: API_KEY,
    SERVER_PORT: '0',
    DATABASE_URL: ':memory:',
    SQS_ENABLED: 'false',
    DOCS_ENABLED: 'false',
    CONSOLE_ENABLED: 'false'
  }
  t.strictSame(await loaded(t, ['server.ts'], settings), ['fastify-socket.io', 'socket.io'])
})

t.test('a client loads no packages of the server', { skip }, async (t) => {
  t.strictSame(await loaded(t, ['--input-type=module', '--eval', "import './lib/client/connect-instance.ts'"]), [])
})
