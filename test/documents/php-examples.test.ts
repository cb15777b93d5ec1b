import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { API_KEY, folder, listen } from '../support/build.ts'
import { phpWith, startProgram } from '../support/interpreters.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'
import { callsInQueue, chats, QUEUE, sendTwice } from '../support/worker-queue.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 3

const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url))

const CHATS = [
  { jid: 'josé', messages: 1 },
  { jid: 'maria', messages: 2 }
]

t.test('worker.php does each event once, in order; a failure delays its own instance only', async (t) => {
  const program = phpWith(t, { extensions: ['pdo_sqlite'] })
  if (program === undefined) return
  const sqs = await startSqs(t)
  const first = await callsInQueue(t, sqs, 'josé')
  const cwd = folder(t)
  copyFileSync(path('examples/php/worker.php'), join(cwd, 'worker.php'))
  mkdirSync(join(cwd, 'vendor'))
  // The SDK itself where `composer install` brought it.
  const sdk = path('examples/php/vendor/autoload.php')
  const client = existsSync(sdk) ? sdk : path('test/fixtures/php/sqs-client.php')
  writeFileSync(join(cwd, 'vendor/autoload.php'), `<?php require '${client}';`)

  const env = { SQS_ENDPOINT: sqs.options.endpoint, QUEUE, RETRY_SECONDS: '1' }
  const { printed, output } = startProgram(t, { program, args: ['worker.php'], env, cwd })
  await printed('support 4: done')
  await printed('sales 3: done')
  t.same(output().match(/^sales.*/gm), [
    'sales: data.key.remoteJid is missing',
    'sales: data.key.remoteJid is missing',
    'sales 3: done'
  ])
  await sendTwice(sqs, first.Body)
  await printed(/^sales 1: done\nsales 1: done before$/m)
  t.same(chats(join(cwd, 'worker.db')), CHATS)
})

t.test("Laravel's worker reads the queue with the example's classes, and does each event once", async (t) => {
  const program = phpWith(t, {
    extensions: ['pdo_sqlite'],
    files: ['Queue', 'Database', 'Events'].map((part) => `Illuminate/${part}/autoload.php`)
  })
  if (program === undefined) return
  const sqs = await startSqs(t)
  const first = await callsInQueue(t, sqs, 'josé')
  const cwd = folder(t)
  const args = [path('test/fixtures/php/queue-work.php'), path('examples/php/laravel')]
  const { printed, output } = startProgram(t, {
    program,
    args: [...args, sqs.options.endpoint, QUEUE],
    cwd
  })
  await printed('call support 4: processed')
  await printed('call sales 3: processed')
  t.same(output().match(/^(failed|call sales).*/gm), [
    'failed: data.key.remoteJid is missing',
    'failed: data.key.remoteJid is missing',
    'call sales 3: processed'
  ])
  await sendTwice(sqs, first.Body)
  await printed(/(^call sales 1: processed\n){2}/m)
  t.same(chats(join(cwd, 'app.db')), CHATS)
})

t.test('follow-log.php goes on where its last run stopped, and ends when it is refused', async (t) => {
  const program = phpWith(t)
  if (program === undefined) return
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const emit = (text: string) => app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { text } })
  await emit('before')
  const env = { URL: url, INSTANCE: 'sales', API_KEY }
  const started = { program, args: [path('examples/php/follow-log.php')], env, cwd: folder(t) }
  const urls: (string | undefined)[] = []
  app.server.on('request', (request) => urls.push(request.url))
  const first = startProgram(t, started)
  await first.printed('1 messages.upsert {"text":"before"}')
  await emit('Olá')
  await first.printed('2 messages.upsert {"text":"Olá"}\n')
  await until(() => readFileSync(join(started.cwd, 'sales.offset'), 'utf8') === '2')
  first.stop()
  await first.ended()
  t.same(urls.slice(0, 2), ['/events/sales?after=0&wait=25', '/events/sales?after=1&wait=25'])
  await emit('later')

  const second = startProgram(t, started)
  await second.printed('3 messages.upsert {"text":"later"}\n')
  t.equal(second.output(), '3 messages.upsert {"text":"later"}\n')

  const refused = startProgram(t, { ...started, env: { ...env, API_KEY: 'wrong-key' } })
  t.equal(await refused.ended(), 1)
  t.match(refused.output(), 'IEV_UNAUTHORIZED')
})
