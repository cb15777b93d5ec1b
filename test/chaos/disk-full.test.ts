import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { API_KEY, build, folder } from '../support/build.ts'
import { checkQueue } from '../support/chaos.ts'
import { startSqs } from '../support/sqs.ts'

// On SQLite only: its file is on a disk of ours, which a test can fill. PostgreSQL's disk is its server's; that it is full
// is one of the errors by which PostgreSQL is away (`isTransient`).

const headers = { apikey: API_KEY }

/** A file system of 8 MiB; `undefined` where this user may not make one. */
function smallDisk(t: Test): string | undefined {
  const path = folder(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  // Teardown runs last in, first out: the server has closed before this.
  t.after(() => execFileSync('umount', ['--lazy', path]))
  return path
}

t.test('a full disk: 503, what was accepted stays, and with room it goes on without a restart', async (t) => {
  const path = smallDisk(t)
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
  const ballast = join(path, 'ballast')
  writeFileSync(ballast, Buffer.alloc(3 * 1_048_576))

  const accepted: unknown[] = []
  let refused
  for (let n = 0; n < 2_000 && !refused; n++) {
    const data = `${n}${'x'.repeat(20_000)}`
    const reply = await send(data)
    if (reply.statusCode === 202) accepted.push(data)
    else refused = reply
  }
  t.equal(refused?.statusCode, 503)
  t.equal(refused?.headers['retry-after'], '1')
  t.match(refused?.json(), { code: 'IEV_BACKPRESSURE', response: { message: [/disk is full/] } })
  t.equal((await server.inject('/health')).statusCode, 200)
  t.equal((await server.inject({ url: '/events/sales?limit=1', headers })).statusCode, 200, 'reading goes on')

  rmSync(ballast)
  t.equal((await send('room again')).statusCode, 202)
  accepted.push('room again')
  const { store } = server.eventLog
  while (store.pendingCount() > 0) await store.check()
  checkQueue(t, sqs.server, { queue: 'global_call.fifo', expected: new Map([['sales', accepted]]) })
  t.equal((await store.read({ after: 0, limit: 10_000 })).length, accepted.length)
})
