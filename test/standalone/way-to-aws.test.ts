import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { spawnCli } from '../support/cli.ts'
import { CERTIFICATE_FILE, SELF_SIGNED } from '../support/self-signed.ts'
import { startSqs, type TestSqs } from '../support/sqs.ts'
import { call, callsToSqs, spawnServer, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

/** Pipes a connection to a port of this machine. */
function pipeTo(port: number, client: Socket) {
  const upstream = connect(port, '127.0.0.1')
  for (const socket of [client, upstream]) socket.on('error', () => {})
  client.pipe(upstream).pipe(client)
}

/** Starts a server with a certificate of its own in front of an emulator; closed after the test. */
async function startTls(t: Test, { endpoint }: { endpoint: string }): Promise<number> {
  const server = createTlsServer(SELF_SIGNED, (client) => pipeTo(Number(new URL(endpoint).port), client))
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Has a server accept two events, one after the other: the SDK sends the first, and its request is repeated for the second. */
async function sendTwo(t: Test, url: string, sqs: TestSqs): Promise<void> {
  for (const data of [1, 2]) {
    await call(`${url}/events/a`, { method: 'POST', key: API_KEY, body: { event: 'call', data } })
    t.match(await sqs.bodies('global_call.fifo', 1), [{ data }])
  }
  t.notMatch(await (await fetch(`${url}/metrics`)).text(), /^iev_sqs_failures_total\{/m, 'no call failed')
}

t.test('an endpoint with an IPv6 address receives events', async (t) => {
  const sqs = await startSqs(t)
  const port = Number(new URL(sqs.options.endpoint).port)
  const six = createTcpServer((client) => pipeTo(port, client)).listen(0, '::1')
  const listening = await once(six, 'listening').catch(() => undefined)
  if (!listening) return void t.pass('an address of IPv6', { skip: 'there is none here' })
  t.after(() => six.close())
  const endpoint = `http://[::1]:${(six.address() as AddressInfo).port}`
  const { url } = await startStandalone(t, { cwd: folder(t), env: callsToSqs({ database: ':memory:', endpoint }) })
  await sendTwo(t, url, sqs)
})

t.test('an endpoint whose certificate NODE_EXTRA_CA_CERTS authorizes receives events', async (t) => {
  const sqs = await startSqs(t)
  const endpoint = `https://localhost:${await startTls(t, sqs.options)}`
  const env = { ...callsToSqs({ database: ':memory:', endpoint }), NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE }
  const { url, stop } = await startStandalone(t, { cwd: folder(t), env })
  await sendTwo(t, url, sqs)
  t.equal(await stop('SIGTERM'), 0)
})

t.test('an endpoint with another certificate receives nothing', async (t) => {
  const sqs = await startSqs(t)
  const endpoint = `https://localhost:${await startTls(t, sqs.options)}`
  const { url } = await startStandalone(t, { cwd: folder(t), env: callsToSqs({ database: ':memory:', endpoint }) })
  await call(`${url}/events/a`, { method: 'POST', key: API_KEY, body: { event: 'call', data: 1 } })
  await until(async () => {
    const { body } = await call(`${url}/overview`, { key: API_KEY })
    return JSON.stringify(body).includes('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
  t.equal(sqs.depth('global_call.fifo'), undefined)
})

t.test('.env may contain the variables of the AWS SDK', async (t) => {
  const sqs = await startSqs(t)
  const cwd = folder(t)
  const lines = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL_SQS: sqs.options.endpoint,
    SQS_GLOBAL_EVENTS: 'CALL',
    AUTHENTICATION_API_KEY: API_KEY,
    DATABASE_URL: ':memory:'
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(cwd, '.env'), text.join(''))
  const check = spawnCli(t, ['check-config', '--connect', '--json'], { cwd })
  t.equal(await check.ended(), 0)
  t.match(JSON.parse(check.out()), { connections: [{ to: 'database' }, { to: 'sqs', ok: true, message: 'answers' }] })
  const { url } = await startStandalone(t, { cwd, env: { AUTHENTICATION_API_KEY: API_KEY } })
  await call(`${url}/events/a`, { method: 'POST', key: API_KEY, body: { event: 'call', data: 1 } })
  t.match(await sqs.bodies('global_call.fifo', 1), [{ data: 1 }])
})

const skip = !process.allowedNodeEnvironmentFlags.has('--use-env-proxy') && 'this Node knows no proxies'

t.test('calls to AWS use the proxy of NODE_USE_ENV_PROXY', { skip }, async (t) => {
  const proxy = createServer().listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const asked = new Promise<string>((resolve) => {
    proxy.on('connect', ({ url = '' }, socket) => {
      resolve(url)
      socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
  })
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const env = {
    AUTHENTICATION_API_KEY: API_KEY,
    DATABASE_URL: ':memory:',
    SQS_REGION: 'sa-east-1',
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }
  const { child, ended } = spawnServer(t, { cwd: folder(t), env })
  t.equal(await asked, 'sqs.sa-east-1.amazonaws.com:443')
  child.kill('SIGTERM')
  t.equal(await ended(), 0)
})

t.test('events reach SQS through tunnels of the proxy, except hosts in NO_PROXY', { skip }, async (t) => {
  const sqs = await startSqs(t)
  const port = await startTls(t, sqs.options)
  const tunnels: string[] = []
  const proxy = createServer().listen(0, '127.0.0.1')
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    tunnels.push(url)
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    pipeTo(port, client)
  })
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  const env = {
    ...callsToSqs({ database: ':memory:', endpoint: 'https://sqs.test' }),
    NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    // A name without a dot before it excludes that host, and not those below it.
    NO_PROXY: 'test'
  }
  const { url, stop } = await startStandalone(t, { cwd: folder(t), env })
  await sendTwo(t, url, sqs)
  t.strictSame([...new Set(tunnels)], ['sqs.test:443'])
  t.equal(await stop('SIGTERM'), 0)
})

t.test('services on this machine are called without the proxy', { skip }, async (t) => {
  const sqs = await startSqs(t)
  const nowhere = 'http://127.0.0.1:1'
  const env = {
    ...callsToSqs({ database: ':memory:', endpoint: sqs.options.endpoint }),
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere
  }
  const { url, stop } = await startStandalone(t, { cwd: folder(t), env })
  await sendTwo(t, url, sqs)
  t.equal(await stop('SIGTERM'), 0)
})
