import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { API_KEY, folder, listen } from '../support/build.ts'
import { CLI, cli, spawnCli } from '../support/cli.ts'
import { newEvents } from '../support/new-event.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'

// Each test has its own server, and mostly waits.
t.jobs = 3

t.test('after a signal, `tail` exits with 0, and other commands with 130 or 143', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  const env = { IEV_URL: url, API_KEY }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const tail = spawnCli(t, ['tail', 'sales', '--since', '0'], { env })
    await until(() => tail.out().includes('call  1\n'))
    tail.child.kill(signal)
    t.equal(await tail.ended(), 0)
    const send = spawnCli(t, ['send', 'sales', '--ndjson'], { env })
    send.child.stdin.write('{"event":"call","data":2}\n')
    await until(() => send.out() !== '')
    send.child.kill(signal)
    t.equal(await send.ended(), signal === 'SIGINT' ? 130 : 143)
    t.equal(send.error(), '')
  }
})

t.test(
  '`send` continues when the reader of its output has closed it, and its exit code tells the result',
  async (t) => {
    const { app, url } = await listen(t, { sqs: false, websocket: false })
    const env = { IEV_URL: url, API_KEY }
    for (const [last, code, error] of [
      ['{"event":"call","data":1}', 0, ''],
      [
        'no',
        1,
        'Line 4001 is not a JSON object such as {"event": "call", "data": {}}\nAccepted before: 4,000 events. Later'
      ]
    ] as const) {
      const send = spawnCli(t, ['send', 'sales', '--ndjson'], { env })
      const closed = once(send.child.stdout, 'close')
      send.child.stdin.write('{"event":"call","data":1}\n')
      await until(() => send.out() !== '')
      send.child.stdout.destroy()
      await closed
      send.child.stdin.end(`${'{"event":"call","data":1}\n'.repeat(3_999)}${last}\n`)
      t.equal(await send.ended(), code)
      t.match(send.error(), error)
    }
    const { offset } = await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
    t.equal(offset, 8_002)
  }
)

if (await havePostgres(t)) {
  t.test('`migrate` copies everything even if the reader of its output has closed it', async (t) => {
    const path = join(folder(t), 'events.db')
    const store = new SqliteStore({ path })
    await store.log.append(newEvents(10, { queues: ['global_call.fifo'] }))
    await store.close()
    const { url } = await startDatabase(t)
    const args = ['migrate', '--from', `file:${path}`, '--to', url]
    const migrate = spawnCli(t, args)
    const closed = once(migrate.child.stdout, 'close')
    migrate.child.stdout.destroy()
    await closed
    t.equal(await migrate.ended(), 0)
    t.notMatch(migrate.error(), 'Not migrated')
    t.match(await cli(args), { code: 0, out: /^Already migrated:/ })
  })
}

t.test('`tail` ends silently when the reader of its output has closed it', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  await app.eventLog.accept(Array.from({ length: 5_000 }, (_, data) => ({ instance: 'sales', event: 'call', data })))
  const pipeline = `set -o pipefail; "${process.execPath}" "${CLI}" tail sales --since 0 | head -n 2`
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile('bash', ['-c', pipeline], { env: { ...process.env, IEV_URL: url, API_KEY } }, (error, stdout, stderr) =>
      error ? reject(error) : resolve({ stdout, stderr })
    )
  })
  t.match(stdout.split('\n'), [/ {2}1 {2}sales/, / {2}2 {2}sales/, ''])
  t.equal(stderr, '')
})
