import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { tryDatabase } from '../../lib/store/try-database.ts'
import { API_KEY, build, folder, listen } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startPostgresServer } from '../support/postgres-server.ts'
import { data } from '../support/resuming.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 2

const headers = { apikey: API_KEY }

/** Mounts a file system of a size in MiB. @returns its path, or `undefined` if this user may not mount one */
function smallDisk(t: Test, path: string, mib: number): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  // Teardowns run in reverse order: the server has closed before this one.
  t.after(() => execFileSync('umount', ['--lazy', path]))
  return path
}

t.test(
  'on a full disk events are refused with 503 and accepted ones stay; with room, events are accepted without a restart',
  async (t) => {
    const path = smallDisk(t, folder(t), 8)
    if (path === undefined) {
      t.comment('skipped: only root may mount a small disk')
      return
    }
    const sqs = await startSqs(t)
    const server = await build(t, {
      eventLog: { url: `file:${join(path, 'events.db')}` },
      sqs: { ...sqs.options, global: { events: ['CALL'] } }
    })
    const send = (data: unknown) =>
      server.inject({ method: 'POST', url: '/events/sales', headers, payload: { event: 'call', data } })
    const overview = async () => (await server.inject({ url: '/overview', headers })).json<{ faults: object[] }>()
    const ballast = join(path, 'ballast')
    writeFileSync(ballast, Buffer.alloc(3 * 1_048_576))

    const crumb = join(path, 'crumb')
    writeFileSync(crumb, Buffer.alloc(12_288))

    const accepted: unknown[] = []
    let refused
    for (let n = 0; n < 2_000 && !refused; n++) {
      const data = `${n}${'x'.repeat(20_000)}`
      const reply = await send(data)
      if (reply.statusCode === 202) accepted.push(data)
      else refused = reply
    }
    rmSync(crumb)
    t.equal(refused?.statusCode, 503)
    t.equal(refused?.headers['retry-after'], '1')
    t.match(refused?.json(), { code: 'IEV_BACKPRESSURE', response: { message: [/disk is full/] } })
    t.equal((await server.inject('/health')).statusCode, 200)
    t.equal((await server.inject({ url: '/events/sales?limit=1', headers })).statusCode, 200, 'reading goes on')
    const full = [{ component: 'eventLog', code: 'IEV_BACKPRESSURE', message: /disk is full/ }]
    t.equal((await server.inject('/ready')).statusCode, 503, 'not ready, though there is room for a page')
    t.match((await overview()).faults, full)

    t.match(await tryDatabase('file:./other.db', path), { ok: false, message: /no space left/ }, 'check-config says so')

    rmSync(ballast)
    // As large as the refused event: a smaller one might have fitted before.
    const later = 'x'.repeat(21_000)
    t.equal((await send(later)).statusCode, 202)
    accepted.push(later)
    await until(async () => (await overview()).faults.length === 0)
    t.equal((await server.inject('/ready')).statusCode, 200)
    const { store } = server.eventLog
    await until(() => store.deliveries.pendingCount() === 0)
    checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['sales', accepted]]) })
    t.equal((await store.log.read({ after: 0, limit: 10_000 })).length, accepted.length)
  }
)

t.test('a server starts on a full disk: it reads and sends what is there, and accepts events with room', async (t) => {
  const path = smallDisk(t, folder(t), 2)
  if (path === undefined) {
    t.comment('skipped: only root may mount a small disk')
    return
  }
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  proxy.decide = () => 'reset'
  const start = () =>
    listen(t, {
      eventLog: { url: `file:${join(path, 'events.db')}` },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
    })
  const before = await start()
  await before.app.websocket.set('sales', { enabled: true })
  for (const data of [1, 2, 3]) await before.app.onInstanceEvent({ instance: 'sales', event: 'call', data })
  const { id: log } = await before.app.eventLog.store.log.range()
  await before.app.close()
  const ballast = openSync(join(path, 'ballast'), 'w')
  t.throws(
    () => {
      for (;;) writeSync(ballast, Buffer.alloc(4_096))
    },
    { code: 'ENOSPC' }
  )
  closeSync(ballast)

  proxy.decide = () => undefined
  const { app, url } = await start()
  const full = { code: 'IEV_BACKPRESSURE', message: /disk is full/ }
  const ready = await app.inject('/ready')
  t.match([ready.statusCode, ready.json()], [503, { checks: { eventLog: { ok: false, ...full } } }])
  const send = (data: unknown) =>
    app.inject({ method: 'POST', url: '/events/sales', headers, payload: { event: 'call', data } })
  t.equal((await send(4)).statusCode, 503)
  t.equal((await app.inject({ url: '/events/sales', headers })).json<{ events: unknown[] }>().events.length, 3)
  await until(() => sqs.depth('global_call.fifo') === 3)
  const auth = { apikey: API_KEY, log }
  const client = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 1 } })
  t.strictSame(data(await client.until(3)), [2, 3, { from: 1, to: 3, count: 2, complete: true }])
  // It has more than the log, as after a restore.
  const ahead = await connect(t, `${url}/sales`, API_KEY, { auth: { ...auth, offset: 5 } })
  t.match(data(await ahead.until(2)), [{ offset: 3 }, { from: 3, to: 3, complete: false }])

  rmSync(join(path, 'ballast'))
  t.equal((await send(4)).statusCode, 202)
  t.strictSame(data(await client.until(5)).slice(3), [{ offset: 3 }, 4])
  const { id } = await app.eventLog.store.log.range()
  t.not(id, log)
  t.equal(client.received[3]?.message.log, id)
  const { deliveries } = app.eventLog.store
  await until(() => deliveries.pendingCount() === 0)
  checkQueues(t, sqs.server, { 'global_call.fifo': new Map([['sales', [1, 2, 3, 4]]]) })
})

t.test(
  'on a full disk of PostgreSQL events are refused with 503, and with room they are accepted without a restart',
  async (t) => {
    const postgres = await startPostgresServer(t)
    if (!postgres) {
      t.comment('skipped: PostgreSQL is not installed')
      return
    }
    const path = join(postgres.folder, 'small')
    mkdirSync(path)
    if (smallDisk(t, path, 24) === undefined) {
      t.comment('skipped: only root may mount a small disk')
      return
    }
    if (postgres.owner) chownSync(path, postgres.owner.uid, postgres.owner.gid)
    const client = new Client(postgres.url)
    await client.connect()
    await client.query(`CREATE TABLESPACE small LOCATION '${path}'`)
    await client.query('CREATE DATABASE small TABLESPACE small')
    await client.end()
    const url = postgres.url.replace(/postgres$/, 'small')
    const server = await build(t, { sqs: false, eventLog: { url } })
    const send = (data: unknown) =>
      server.inject({ method: 'POST', url: '/events/sales', headers, payload: { event: 'call', data } })
    const overview = async () => (await server.inject({ url: '/overview', headers })).json<{ faults: object[] }>()
    const ballast = join(path, 'ballast')
    writeFileSync(ballast, Buffer.alloc(1_048_576))

    let accepted = 0
    // PostgreSQL compresses text: this one cannot be.
    const data = () => randomBytes(15_000).toString('base64')
    while ((await send(data())).statusCode === 202) accepted++
    t.match(await overview(), {
      faults: [{ component: 'eventLog', code: 'IEV_BACKPRESSURE', message: /No space left/ }]
    })
    t.equal((await server.inject('/ready')).statusCode, 503)
    t.equal((await server.inject({ url: '/events/sales?limit=1', headers })).statusCode, 200, 'reading goes on')

    t.match(await tryDatabase(url, '.'), { ok: false, message: /No space left/ }, 'check-config says so')

    rmSync(ballast)
    t.equal((await send(data())).statusCode, 202)
    await until(async () => (await overview()).faults.length === 0)
    t.equal((await server.inject('/ready')).statusCode, 200)
    t.equal((await server.eventLog.store.log.read({ after: 0, limit: 10_000 })).length, accepted + 1)
  }
)
