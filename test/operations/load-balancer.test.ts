import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { printing } from '../support/printing.ts'
import { haveProgram } from '../support/programs.ts'
import { client, connect, next } from '../support/sockets.ts'
import { call, startStandalone, type Standalone } from '../support/standalone.ts'
import { freePort } from '../support/free-port.ts'
import { soon, until as untilSo } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 2

const CONFIG = new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url)

/** Starts HAProxy with our configuration, in which only the addresses are replaced; ended after the test. */
async function startLoadBalancer(t: Test, nodes: Standalone[]) {
  const port = await freePort()
  const config = nodes.reduce(
    (text, { url }, index) => text.replaceAll(`node-${index + 1}:8080`, new URL(url).host),
    readFileSync(CONFIG, 'utf8').replace('bind :8080', `bind 127.0.0.1:${port}`)
  )
  const path = join(folder(t), 'haproxy.cfg')
  writeFileSync(path, config)
  const child = spawn('haproxy', ['-db', '-f', path])
  const { printed } = printing(t, child)
  const url = `http://127.0.0.1:${port}`
  await untilSo(async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true)
  return { url, printed }
}

const env = {
  AUTHENTICATION_API_KEY: API_KEY,
  SQS_ENABLED: 'false',
  TRUST_PROXY: 'loopback',
  WRONG_KEYS_PER_MINUTE: '1'
}

t.test('the load balancer of compose.cluster.yaml carries HTTP, WebSocket and polling to two nodes', async (t) => {
  if (!haveProgram(t, 'haproxy') || !(await havePostgres(t))) return
  const { url: database } = await startDatabase(t)
  const node = () => startStandalone(t, { cwd: folder(t), env: { ...env, DATABASE_URL: database } })
  // The second node starts with the schema that the first has created.
  const nodes = [await node(), await node()]
  const { url } = await startLoadBalancer(t, nodes)
  const post = (data: unknown) =>
    call(`${url}/events/sales`, { method: 'POST', key: API_KEY, body: { event: 'call', data } })

  const set = { method: 'POST', key: API_KEY, body: { websocket: { enabled: true } } }
  t.match(await call(`${url}/websocket/set/sales`, set), { status: 201 })
  // The other node learns of it a moment later.
  for (const { url: own } of nodes)
    await untilSo(async () => (await call(`${own}/websocket/find/sales`, { key: API_KEY })).status === 200)
  for (const route of ['metrics', 'ready'])
    t.equal((await fetch(`${url}/${route}`)).status, 404, `${route} is not public`)

  const listeners = await Promise.all(
    [['websocket'], ['websocket'], ['polling'], ['polling', 'websocket']].map((transports) =>
      connect(t, `${url}/sales`, API_KEY, { transports, auth: { apikey: API_KEY, offset: 0 } })
    )
  )
  const [, , , upgraded] = listeners
  const { engine } = upgraded?.socket.io ?? {}
  if (engine?.transport.name !== 'websocket')
    await soon(new Promise((resolve) => engine?.once('upgrade', resolve)), 'the upgrade to WebSocket')
  t.equal(engine?.transport.name, 'websocket', 'a polling connection upgrades')

  t.match(await post('one'), { status: 202 })
  t.match(await post('two'), { status: 202 })
  const received = listeners.map(async ({ until }) =>
    (await until(3)).filter(({ event }) => event === 'call').map(({ message }) => message.data)
  )
  t.same(
    await Promise.all(received),
    listeners.map(() => ['one', 'two'])
  )

  const perNode = await Promise.all(
    nodes.map(async ({ url }) =>
      Number(/^iev_websocket_sockets (\d+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])
    )
  )
  t.equal((perNode[0] ?? 0) + (perNode[1] ?? 0), 4)
  t.ok(Math.min(...perNode) > 0, 'both nodes have sockets')

  // X-Forwarded-For of clients is ignored, so that the second wrong key of this address blocks it.
  const spoofed = (address: string, apikey: string) =>
    client(t, `${url}/sales`, { auth: { apikey }, extraHeaders: { 'X-Forwarded-For': address }, reconnection: false })
  const codes = new Set<unknown>()
  for (let attempt = 0; attempt < 4; attempt++) {
    const [error] = await next(spoofed(`203.0.113.${attempt}`, `wrong-key-${attempt}`).socket, 'connect_error')
    codes.add((error as { data: { code: string } }).data.code)
  }
  t.ok(codes.has('IEV_WS_RATE_LIMITED'), 'wrong keys count for the address that HAProxy sees')

  await nodes[0]?.stop('SIGTERM')
  t.match(await post('three'), { status: 202 }, 'the other node accepts events')
})

t.test('the load balancer passes on events although no node is ready, because SQS is unreachable', async (t) => {
  if (!haveProgram(t, 'haproxy')) return
  const nowhere = `http://127.0.0.1:${await freePort()}`
  const away = { SQS_ENABLED: 'true', SQS_REGION: 'us-east-1', SQS_ENDPOINT: nowhere, SQS_ACCESS_KEY_ID: 'any' }
  const node = await startStandalone(t, {
    cwd: folder(t),
    env: { ...env, ...away, SQS_SECRET_ACCESS_KEY: 'any', DATABASE_URL: ':memory:' }
  })
  const { url, printed } = await startLoadBalancer(t, [node, node])
  await printed("backend 'ready' has no server available")
  t.match(await call(`${url}/events/sales`, { method: 'POST', key: API_KEY, body: { event: 'call', data: 1 } }), {
    status: 202
  })
})
