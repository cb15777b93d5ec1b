import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { API_KEY, folder, listen } from '../support/build.ts'
import { KEY, startFakeHub } from '../support/fake-hub.ts'
import { pythonWith, startProgram } from '../support/interpreters.ts'
import { startQueryProtocol } from '../support/query-protocol.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'
import { callsInQueue, chats, QUEUE, sendTwice } from '../support/worker-queue.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 3

const example = (file: string) => fileURLToPath(new URL(`../../examples/python/${file}`, import.meta.url))
/** Without it, Python writes a folder beside the examples. */
const CLEAN = { PYTHONDONTWRITEBYTECODE: '1' }

t.test('worker.py does each event once, in order; a failure delays its own instance only', async (t) => {
  const program = pythonWith(t, 'boto3')
  if (program === undefined) return
  const sqs = await startSqs(t)
  const first = await callsInQueue(t, sqs, 'josé & <co>')

  // Debian's boto3 speaks the query protocol, which the emulator lacks.
  const env = { ...CLEAN, SQS_ENDPOINT: await startQueryProtocol(t, sqs.options.endpoint), QUEUE }
  const cwd = folder(t)
  const args = [example('worker.py')]
  const { printed, output, stop, ended } = startProgram(t, { program, args, env: { ...env, RETRY_SECONDS: '0' }, cwd })
  await printed('support 4: done')
  await printed('sales 3: done')
  t.same(output().match(/^sales.*/gm), [
    "sales: KeyError('remoteJid')",
    "sales: KeyError('remoteJid')",
    'sales 3: done'
  ])
  await sendTwice(sqs, first.Body)
  await printed(/^sales 1: done\nsales 1: done before$/m)
  stop()
  t.equal(await ended(), 0)
  t.same(chats(join(cwd, 'worker.db')), [
    { jid: 'josé & <co>', messages: 1 },
    { jid: 'maria', messages: 2 }
  ])
})

t.test('worker.py returns the messages behind a failure of their group', async (t) => {
  const program = pythonWith(t)
  if (program === undefined) return
  // The emulator hands out one message of a group at a time; SQS hands out several.
  const messages = [
    { instance: 'sales', offset: 1, data: {} },
    { instance: 'sales', offset: 2, data: { key: { remoteJid: 'maria' } } },
    { instance: 'support', offset: 3, data: { key: { remoteJid: 'jose' } } }
  ].map((event) => ({
    ReceiptHandle: `of ${event.offset}`,
    Body: JSON.stringify({ ...event, id: String(event.offset) }),
    Attributes: { MessageGroupId: event.instance }
  }))
  const code = `
import json, sys
sys.modules['boto3'] = sys
import worker
class Queue:
    def delete_message(self, **call): print('delete', json.dumps(call))
    def change_message_visibility(self, **call): print('return', json.dumps(call))
worker.handle(Queue(), 'q', json.loads(sys.argv[1]))`
  const args = ['-c', code, JSON.stringify(messages)]
  const env = {
    ...CLEAN,
    PYTHONPATH: fileURLToPath(new URL('../../examples/python', import.meta.url)),
    RETRY_SECONDS: '7'
  }
  const { ended, output } = startProgram(t, { program, args, env })
  t.equal(await ended(), 0, output())
  t.same(output().trim().split('\n'), [
    "sales: KeyError('key')",
    'return {"VisibilityTimeout": 7, "QueueUrl": "q", "ReceiptHandle": "of 1"}',
    'return {"VisibilityTimeout": 7, "QueueUrl": "q", "ReceiptHandle": "of 2"}',
    'delete {"QueueUrl": "q", "ReceiptHandle": "of 3"}',
    'support 3: done'
  ])
})

t.test('resuming_client.py prints what it missed, also between two runs', async (t) => {
  const program = pythonWith(t, 'socketio', 'aiohttp')
  if (program === undefined) return
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const emit = (text: string) => app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { text } })
  await emit('before')
  const started = {
    program,
    args: [example('resuming_client.py')],
    env: { ...CLEAN, URL: url, API_KEY },
    cwd: folder(t)
  }
  const kept = () => JSON.parse(readFileSync(join(started.cwd, 'sales.place.json'), 'utf8')) as { offset: number }

  const first = startProgram(t, started)
  await first.printed('resumed at 1: 0 missed, all')
  for (const text of ['Oi', 'Olá']) await emit(text)
  await first.printed('3 messages.upsert {"text": "Olá"}')
  await until(() => kept().offset === 3)
  first.stop()
  await first.ended()
  for (const text of ['a', 'b']) await emit(text)

  const second = startProgram(t, started)
  await second.printed('resumed at 5: 2 missed, all')
  t.same(second.output().match(/^\d+(?= messages)/gm), ['4', '5'])
  await app.websocket.set('sales', { enabled: false })
  t.equal(await second.ended(), 1)
  t.match(second.output(), 'The server has ended the connection.')
  t.match(kept(), { offset: 5, log: /^[0-9a-f]{16}$/ })
})

t.test('resuming_client.py resumes after a lost connection, and tells why it is refused', async (t) => {
  const program = pythonWith(t, 'socketio', 'aiohttp')
  if (program === undefined) return
  const hub = await startFakeHub(t)
  hub.emit(1)
  const env = { ...CLEAN, URL: hub.url.replace(/^ws|\/sales$/g, (part) => (part === 'ws' ? 'http' : '')), API_KEY: KEY }
  const started = { program, args: [example('resuming_client.py')], env, cwd: folder(t) }
  const { printed, output } = startProgram(t, started)
  await printed('resumed at 1: 0 missed')
  hub.emit(200)
  await printed(/^201 messages/m)
  hub.drop()
  hub.emit(1)
  await printed('resumed at 202: 1 missed, all')
  t.same(
    output().match(/^\d+(?= messages)/gm),
    Array.from({ length: 201 }, (_, index) => String(index + 2))
  )

  hub.refuse = () => ({ code: 'IEV_WS_UNAUTHORIZED', message: 'The key does not authorize this namespace' })
  const refused = startProgram(t, started)
  t.equal(await refused.ended(), 1)
  t.match(refused.output(), /IEV_WS_UNAUTHORIZED[^]*not connected/)
  t.match(hub.attempts.at(-1), { offset: 202 })
})

t.test('stream.py resumes after a lost connection, and ends when it is refused', async (t) => {
  const program = pythonWith(t)
  if (program === undefined) return
  const { app, url } = await listen(t, { sqs: false })
  await app.websocket.set('sales', { enabled: true })
  const emit = (text: string) => app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { text } })
  for (const text of ['a', 'b']) await emit(text)
  const started = { program, args: [example('stream.py')], env: { URL: url, API_KEY, AFTER: '1' } }
  const { printed, output } = startProgram(t, started)
  await printed('resumed at 2: 1 missed, complete: True')
  await emit('Olá')
  await printed('3 messages.upsert {"text": "Olá"}')
  app.server.closeAllConnections()
  await emit('c')
  await printed('4 messages.upsert {"text": "c"}')
  t.same(output().match(/^\d+(?= messages)/gm), ['2', '3', '4'])

  const refused = startProgram(t, { ...started, env: { URL: url, API_KEY: 'wrong-key' } })
  t.equal(await refused.ended(), 1)
  t.match(refused.output(), /^401: .*IEV_UNAUTHORIZED/)
})
