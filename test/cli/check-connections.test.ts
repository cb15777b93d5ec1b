import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Connection } from '../../lib/standalone/try-connections.ts'
import { openStore } from '../../lib/store/open.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { backends } from '../support/backends.ts'
import { folder } from '../support/build.ts'
import { check } from '../support/check-config.ts'
import { cli } from '../support/cli.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'

/** The report of one connection, and the exit code. */
async function connect(env: Record<string, string>, to: Connection['to'], here?: string) {
  const { code, report } = await check(env, { args: ['--connect'], ...(here !== undefined && { here }) })
  const { ok, message } = report.connections?.find((connection) => connection.to === to) ?? {}
  return { code, ok, message }
}

t.test('--connect checks a database file without changing it', async (t) => {
  const here = folder(t)
  const env = { SQS_ENABLED: 'false' }
  const tried = (url: string) => connect({ ...env, DATABASE_URL: url }, 'database', here)
  t.match(await tried(':memory:'), { code: 0, ok: true, message: 'in memory' })
  t.match(await tried('file:./new/deep/events.db'), {
    code: 0,
    ok: true,
    message: /new\/deep\/events\.db will be created$/
  })
  writeFileSync(join(here, 'text'), 'this is no database, and long enough to be seen as none: '.repeat(20))
  t.match(await tried('file:./text'), { code: 1, ok: false, message: /not a database/ })
  t.match(await tried('file:./text/events.db'), {
    code: 1,
    ok: false,
    message: /text is not a folder: move it away, or choose another path$/
  })

  const store = new SqliteStore({ path: join(here, 'events.db') })
  await store.check()
  t.match(await tried('file:./events.db'), {
    code: 0,
    ok: true,
    message: /is in use by another process, probably the running server$/
  })
  await store.close()
  t.match(await tried('file:./events.db'), { code: 0, ok: true, message: /events\.db can be used$/ })
  const db = new DatabaseSync(join(here, 'events.db'))
  db.exec('PRAGMA user_version = 999')
  db.close()
  t.match(await tried('file:./events.db'), { code: 1, ok: false, message: /has schema version 999/ })
  mkdirSync(join(here, 'folder.db'))
  chmodSync(join(here, 'folder.db'), 0o500)
  t.match(await tried('file:./folder.db'), { code: 1, ok: false })
  const { out, error, code } = await cli(['check-config', '--connect'], {
    env: { ...env, DATABASE_URL: 'file:./text' },
    folder: here
  })
  t.match(out, /\nsqs: switched off$/)
  t.match({ code, error }, { code: 1, error: /^fault: database: .*not a database$/ })
})

t.test('--connect calls SQS, and shows its answer', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const base = { DATABASE_URL: ':memory:', SQS_ACCESS_KEY_ID: 'a', SQS_SECRET_ACCESS_KEY: 'b' }
  const env = { ...base, SQS_ENDPOINT: proxy.endpoint }
  t.match(await connect(env, 'sqs'), { code: 0, ok: true, message: 'answers' })
  proxy.decide = () => ({ status: 403, code: 'InvalidClientTokenId', message: 'The security token is invalid' })
  t.match(await connect(env, 'sqs'), {
    code: 1,
    ok: false,
    message: 'InvalidClientTokenId: The security token is invalid'
  })
  t.match(await connect({ ...base, SQS_ENDPOINT: 'http://127.0.0.1:1' }, 'sqs'), {
    code: 1,
    ok: false,
    message: /ECONNREFUSED/
  })
  t.match(await connect({ DATABASE_URL: ':memory:' }, 'sqs'), {
    code: 0,
    ok: true,
    message: 'will be emulated in the process'
  })
  t.equal((await check({ SERVER_PORT: 'x' }, { args: ['--connect'] })).report.connections?.length, 0)
})

t.test('--connect names shared queues that exist with other attributes, and changes nothing', async (t) => {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const attributes = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
  for (const name of ['global_call.fifo', 'global_labels_edit.fifo', 'global_chats_set.fifo'])
    sqs.server.createQueue(name, {
      attributes: { ...attributes, ...(name.includes('labels') && { DelaySeconds: '5' }) }
    })
  const env = {
    DATABASE_URL: ':memory:',
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_ENDPOINT: proxy.endpoint,
    SQS_GLOBAL_DELAY_SECONDS: '5'
  }
  const warnings = async (more: Record<string, string> = {}) => {
    const { code, report } = await check({ ...env, ...more }, { args: ['--connect'] })
    return { code, warnings: report.connections?.find(({ to }) => to === 'sqs')?.warnings }
  }
  const differs = (name: string) => `${name} exists, and is used as it is: DelaySeconds is 0, not 5`
  t.strictSame(await warnings(), { code: 0, warnings: [differs('global_chats_set.fifo'), differs('global_call.fifo')] })
  t.strictSame((await warnings({ SQS_GLOBAL_EVENTS: 'CALL' })).warnings, [differs('global_call.fifo')])
  t.strictSame((await warnings({ SQS_GLOBAL_ENABLED: 'false' })).warnings, [])
  t.strictSame(await warnings({ SQS_GLOBAL_EVENTS: 'NONSENSE' }), { code: 1, warnings: [] }, 'the event is the fault')
  const { error, code } = await cli(['check-config', '--connect'], { env: { ...env, SQS_GLOBAL_EVENTS: 'CALL' } })
  t.match({ error, code }, { error: `warning: sqs: ${differs('global_call.fifo')}`, code: 0 })
  proxy.decide = ({ action }) =>
    action === 'GetQueueAttributes' ? { status: 503, code: 'ServiceUnavailable', message: 'later' } : undefined
  t.strictSame((await warnings({ SQS_GLOBAL_EVENTS: 'CALL' })).warnings, ['global_call.fifo could not be read: later'])
  t.notOk(proxy.calls.some(({ action }) => /Create|Set|Tag/.test(action)))
})

for (const backend of await backends(t)) {
  t.test(`${backend.name}: --connect names queues that the database knows, and their dead-letter queues`, async (t) => {
    const sqs = await startSqs(t)
    const url = await backend.start(t)
    const service = `127.0.0.1:${sqs.server.port} us-east-1`
    const base = `http://127.0.0.1:${sqs.server.port}/000000000000`
    const FifoQueue = 'true'
    for (const name of ['sales_call.fifo', 'sales_call-dlq.fifo', 'global_call.fifo', 'other_call.fifo'])
      sqs.server.createQueue(name, { attributes: { FifoQueue, DelaySeconds: name.startsWith('other') ? '5' : '1' } })
    const env = {
      AUTHENTICATION_API_KEY: 'key-of-all-nodes',
      DATABASE_URL: url,
      SQS_ACCESS_KEY_ID: 'a',
      SQS_SECRET_ACCESS_KEY: 'b',
      SQS_REGION: 'us-east-1',
      SQS_ENDPOINT: sqs.options.endpoint,
      SQS_GLOBAL_EVENTS: 'CALL',
      SQS_DELAY_SECONDS: '5'
    }
    const warnings = async (more: Record<string, string> = {}) => {
      const { report } = await check({ ...env, ...more }, { args: ['--connect'] })
      return report.connections?.find(({ to }) => to === 'sqs')?.warnings
    }
    const differs = (name: string, what = '') => `${name} exists, and is used as it is: DelaySeconds is 1, not 5${what}`
    t.strictSame(await warnings(), [differs('global_call.fifo')], 'a database that has no tables')

    const store = await openStore({ url })
    const names = ['sales_call.fifo', 'other_call.fifo', 'global_call.fifo', 'gone_call.fifo']
    const queues = names.map((name) => ({ name, service, url: `${base}/${name}`, maxBytes: 1_024 }))
    await Promise.all(queues.map((queue) => store.queues.keep(queue)))
    await store.queues.keep({
      name: 'far_call.fifo',
      service: 'elsewhere',
      url: `${base}/sales_call.fifo`,
      maxBytes: 1
    })
    await store.close()
    t.strictSame(await warnings(), [differs('global_call.fifo'), differs('sales_call.fifo')])
    const without = '; RedrivePolicy.maxReceiveCount is not set, not 3'
    t.strictSame(await warnings({ SQS_DLQ_MAX_RECEIVES: '3' }), [
      differs('global_call.fifo', without),
      'other_call.fifo exists, and is used as it is: RedrivePolicy.maxReceiveCount is not set, not 3',
      differs('sales_call.fifo', without),
      differs('sales_call-dlq.fifo')
    ])
    t.strictSame(
      await warnings({ SQS_GLOBAL_ENABLED: 'false' }),
      ['global_call.fifo', 'sales_call.fifo'].map((name) => differs(name))
    )
  })
}

t.test('--connect looks at some of the queues if the database knows many', async (t) => {
  const sqs = await startSqs(t)
  const here = folder(t)
  const url = `file:${join(here, 'events.db')}`
  const store = await openStore({ url })
  const service = `127.0.0.1:${sqs.server.port} us-east-1`
  const queue = (n: number) => ({
    name: `q${n}.fifo`,
    service,
    url: `${sqs.options.endpoint}/1/q${n}.fifo`,
    maxBytes: 1_024
  })
  await Promise.all(Array.from({ length: 501 }, (_, n) => store.queues.keep(queue(n))))
  await store.close()
  const env = {
    DATABASE_URL: url,
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_REGION: 'us-east-1',
    SQS_ENDPOINT: sqs.options.endpoint,
    SQS_GLOBAL_ENABLED: 'false'
  }
  const { report } = await check(env, { args: ['--connect'], here })
  t.match(report.connections?.find(({ to }) => to === 'sqs')?.warnings, [/^only the first 500 queues/])
})
