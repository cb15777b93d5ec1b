import { createConnection } from 'node:net'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { API_KEY, folder } from '../support/build.ts'
import { startSqs } from '../support/sqs.ts'
import { call, spawnServer, type Standalone, startStandalone } from '../support/standalone.ts'
import { soon, soonOnce } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

/** Milliseconds between signals, as of a person who presses Ctrl-C again and again. */
const PRESS_MS = 150
/** Milliseconds after a signal in which server.ts ignores further ones. */
const SAME_SIGNAL_MS = 1_000
/** Milliseconds that server.ts waits for calls to SQS. */
const SENDS_MS = 10_000

/** Starts a server with an open call to an SQS that never answers: at SIGTERM the server waits for it. */
async function startSending(t: Test, { cwd = folder(t), env = {} } = {}): Promise<Standalone> {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const sending = new Promise<void>((resolve) => {
    proxy.decide = ({ action }) => {
      if (action !== 'SendMessageBatch') return undefined
      resolve()
      return new Promise(() => {})
    }
  })
  const server = await startStandalone(t, {
    measured: true,
    cwd,
    env: {
      AUTHENTICATION_API_KEY: API_KEY,
      DATABASE_URL: ':memory:',
      SQS_ENDPOINT: proxy.endpoint,
      SQS_ACCESS_KEY_ID: 'a',
      SQS_SECRET_ACCESS_KEY: 'b',
      SQS_GLOBAL_EVENTS: 'CALL',
      ...env
    }
  })
  const body = { event: 'call', data: 1 }
  t.match(await call(`${server.url}/events/sales`, { method: 'POST', key: API_KEY, body }), { status: 202 })
  await soon(sending, 'a call to SQS')
  return server
}

t.test('idle connections and incomplete requests do not delay the end of the server', async (t) => {
  const { url, stop, output } = await startStandalone(t, {
    measured: true,
    cwd: folder(t),
    env: {
      AUTHENTICATION_API_KEY: API_KEY,
      DATABASE_URL: ':memory:',
      SQS_ENABLED: 'false',
      WEBSOCKET_ENABLE: 'false'
    }
  })
  const { hostname, port } = new URL(url)
  const open = async (text: string) => {
    const socket = createConnection(Number(port), hostname)
    socket.on('error', () => {})
    t.after(() => void socket.destroy())
    await soonOnce(socket, 'connect')
    socket.write(text)
    return socket
  }
  await open('')
  await open('POST /events/a HTTP/1.1\r\nHost: x\r\n')
  await open(
    `POST /events/a HTTP/1.1\r\nHost: x\r\napikey: ${API_KEY}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`
  )
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n'
  const websocket = await open(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)
  await soonOnce(websocket, 'data')
  // The server answers others meanwhile.
  t.match(await call(`${url}/health`), { status: 200 })

  await t.test('a path that is not UTF-8 is refused, without the key in its query', async (t) => {
    t.match(await call(`${url}/events/%E0%A4%A?apikey=secret`, { key: API_KEY }), {
      status: 400,
      body: {
        code: 'IEV_VALIDATION',
        response: {
          message: ['The path must be UTF-8, percent-encoded: "%" itself is written "%25" (got "/events/%E0%A4%A")']
        }
      }
    })
  })
  t.equal(await stop('SIGTERM'), 0)

  await t.test('the log warns of a variable whose name is close to a setting', async (t) => {
    t.match(output(), /"level":40.*WEBSOCKET_ENABLE is not a setting; did you mean WEBSOCKET_ENABLED\?/)
  })
})

t.test('signals within a second of the first are ignored, a later one ends the process at once', async (t) => {
  const server = await startSending(t)
  const began = performance.now()
  server.process.kill('SIGINT')
  const presses = setInterval(() => server.process.kill('SIGINT'), PRESS_MS)
  t.after(() => clearInterval(presses))
  t.equal(await server.ended(), 1)
  const took = performance.now() - began
  t.ok(took > SAME_SIGNAL_MS, `repeats within a second are ignored (${took} ms)`)
  t.ok(took < SENDS_MS, `the server did not wait for SQS (${took} ms)`)
  t.equal(server.output().match(/The server stops/g)?.length, 1)
})

t.test('an uncaught error is logged and stops the server with exit code 1', async (t) => {
  const cwd = folder(t)
  const fault = join(cwd, 'fault.mjs')
  writeFileSync(fault, `process.on('SIGUSR2', () => { throw new Error('a fault of the tests') })\n`)
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(fault)}` }

  await t.test('after its open calls', async (t) => {
    const server = await startStandalone(t, {
      cwd,
      env: { ...env, SQS_ENABLED: 'false', DATABASE_URL: ':memory:' }
    })
    t.equal(await server.stop('SIGUSR2'), 1)
    t.match(server.output(), /"level":60.*a fault of the tests.*The server stops because of an unexpected error/)
  })

  await t.test('at once if another one follows', async (t) => {
    const server = await startSending(t, { cwd, env })
    server.process.kill('SIGUSR2')
    await server.printed('The server stops because of an unexpected error')
    t.equal(await server.stop('SIGUSR2'), 1)
    t.match(server.output(), /"level":50.*second error, exiting/)
  })
})

t.test('a server that cannot start prints the reason, with a stack only for unexpected errors', async (t) => {
  const memory = { DATABASE_URL: ':memory:', SQS_ENABLED: 'false' }
  const unreadable = folder(t)
  mkdirSync(join(unreadable, '.env'))
  const taken = folder(t)
  mkdirSync(join(taken, 'data/api-key'), { recursive: true })
  mkdirSync(join(taken, 'data/instance-events.db'))
  const faults: { cwd: string; env: Record<string, string>; message: RegExp }[] = [
    { cwd: unreadable, env: memory, message: /^ {2}\.env cannot be read: EISDIR/m },
    {
      cwd: taken,
      env: { SQS_ENABLED: 'false' },
      message: /^ {2}AUTHENTICATION_API_KEY: .*api-key is a folder: .*\n$/m
    },
    {
      cwd: taken,
      env: { SQS_ENABLED: 'false', AUTHENTICATION_API_KEY: API_KEY },
      message: /^ {2}The database .*instance-events\.db cannot be used: .*instance-events\.db is a folder: .*\n$/m
    },
    // A link-local address without its interface.
    { cwd: folder(t), env: { ...memory, SERVER_HOST: 'fe80::1' }, message: /^ {2}Error: listen E.*\n +at /m },
    {
      cwd: folder(t),
      env: { ...memory, SERVER_HOST: 'no host' },
      message: /^ {2}SERVER_HOST: no host is not an address of this machine\n$/m
    }
  ]
  await Promise.all(
    faults.map(async ({ cwd, env, message }) => {
      const { ended, output } = spawnServer(t, { measured: 'SERVER_HOST' in env, cwd, env })
      t.equal(await ended(), 1)
      t.match(output(), /The server was not started:\n/)
      t.match(output(), message)
    })
  )
})

t.test('a port, an address or a database that cannot be used is named', async (t) => {
  const cwd = folder(t)
  const { url, sqs } = await startStandalone(t, { cwd })
  const faults: [Record<string, string>, RegExp][] = [
    [
      { SERVER_PORT: new URL(url).port, DATABASE_URL: ':memory:', SQS_ENABLED: 'false' },
      /SERVER_PORT: port \d+ is in use/
    ],
    [{ SQS_EMBEDDED_PORT: new URL(sqs).port, DATABASE_URL: ':memory:' }, /SQS_EMBEDDED_PORT: port \d+ is in use/],
    [
      { SERVER_HOST: '192.0.2.1', DATABASE_URL: ':memory:', SQS_ENABLED: 'false' },
      /SERVER_HOST: 192\.0\.2\.1 is not an address/
    ],
    [{ SQS_ENABLED: 'false' }, /data\/instance-events\.db is in use by another process/]
  ]
  await Promise.all(
    faults.map(async ([env, message]) => {
      const { ended, output } = spawnServer(t, { measured: 'SERVER_PORT' in env, cwd, env })
      t.equal(await ended(), 1)
      t.match(output(), message)
    })
  )
})

t.test('a thousand connections at once wait for a server that is busy', { skip: backlogFault() }, async (t) => {
  const { url, process: server } = await startStandalone(t, {
    cwd: folder(t),
    env: { AUTHENTICATION_API_KEY: API_KEY, DATABASE_URL: ':memory:', SQS_ENABLED: 'false' }
  })
  const { hostname, port } = new URL(url)
  server.kill('SIGSTOP')
  const sockets = Array.from({ length: 1_000 }, () => createConnection(Number(port), hostname))
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  await Promise.all(sockets.map((socket) => soonOnce(socket, 'connect')))
  server.kill('SIGCONT')
  t.match(await call(`${url}/health`), { status: 200 })
})

/** Why this system lets fewer connections wait; `false`: it does not. */
function backlogFault(): string | false {
  const path = '/proc/sys/net/core/somaxconn'
  if (!existsSync(path)) return 'the limit of waiting connections is not known'
  const limit = Number(readFileSync(path, 'utf8'))
  return limit < 1_024 && `net.core.somaxconn is ${limit}`
}
