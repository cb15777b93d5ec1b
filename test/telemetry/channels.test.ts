import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { AcceptTrace, DeadLetterNotice, SendTrace, SlowClientNotice } from '../../app.ts'
import { API_KEY, build, listen } from '../support/build.ts'
import { PLAIN_ENV } from '../support/plain-env.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import { rawListener } from '../support/raw-socket.ts'
import { cutOffs, flood } from '../support/slowness.ts'
import { until } from '../support/until.ts'

const SECRET = 'in the payload'

/** What comes over a tracing channel, as it was when it came. */
function listenTo<T extends object>(t: Test, name: string) {
  const seen: { at: string; message: T }[] = []
  const record = (at: string) => (message: T) => void seen.push({ at, message: { ...message } })
  const channels = tracingChannel<unknown, T>(name)
  const subscribers = {
    start: record('start'),
    end: record('end'),
    asyncStart: record('asyncStart'),
    asyncEnd: record('asyncEnd'),
    error: record('error')
  }
  channels.subscribe(subscribers)
  t.after(() => void channels.unsubscribe(subscribers))
  return { seen, at: (wanted: string) => seen.filter(({ at }) => at === wanted).map(({ message }) => message) }
}

function notices<T>(t: Test, name: string): T[] {
  const seen: T[] = []
  const listener = (message: unknown) => void seen.push(message as T)
  subscribe(name, listener)
  t.after(() => void unsubscribe(name, listener))
  return seen
}

t.test('accepted and refused events are published on a channel', async (t) => {
  const { seen, at } = listenTo<AcceptTrace>(t, 'fastify-instance-events:accept')
  const server = await build(t, { sqs: false })
  const input = { instance: 'sales', event: 'call', data: SECRET, apikey: API_KEY, id: 'a' }
  await server.eventLog.accept([input, { ...input, id: 'b' }])
  const events = [
    { instance: 'sales', event: 'call' },
    { instance: 'sales', event: 'call' }
  ]
  t.same(at('start'), [{ events, transport: undefined }])
  const result = [
    { id: 'a', offset: 1, duplicate: false },
    { id: 'b', offset: 2, duplicate: false }
  ]
  t.same(at('asyncEnd'), [{ events, transport: undefined, result }])
  t.notMatch(JSON.stringify(seen), new RegExp(`${SECRET}|${API_KEY}`))

  seen.length = 0
  // What a caller in JavaScript may get wrong.
  const wrong = [{ instance: { toString: 1 }, event: 'call', data: 1 }, null] as unknown as [typeof input]
  await t.rejects(server.eventLog.accept(wrong))
  await t.rejects(server.websocket.emit({ instance: 'sales', event: 'unheard-of', data: 1 }))
  t.match(at('error'), [
    {
      events: [
        { instance: '', event: 'call' },
        { instance: '', event: '' }
      ],
      error: { code: 'IEV_EVENT_INVALID' }
    },
    {
      events: [{ instance: 'sales', event: 'unheard-of' }],
      transport: 'websocket',
      error: { code: 'IEV_EVENT_UNKNOWN' }
    }
  ])
})

t.test('batches, failed calls and dead letters are published on channels', async (t) => {
  const { seen, at } = listenTo<SendTrace>(t, 'fastify-instance-events:send')
  const dead = notices<DeadLetterNotice>(t, 'fastify-instance-events:dead-letter')
  const { proxy, options } = await startProxiedSqs(t)
  const server = await build(t, { sqs: { ...options, global: { events: ['CALL'] }, maxAttempts: 1 } })
  let calls = 0
  proxy.decide = ({ action, body }) => {
    if (action !== 'SendMessageBatch') return undefined
    if (++calls === 1) return { status: 400, code: 'RequestThrottled' }
    const [{ Id }] = body.Entries as [{ Id: string }]
    return { refuse: [{ Id, Code: 'InvalidMessageContents', SenderFault: true }] }
  }
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: SECRET, id: 'a' })
  await until(() => dead.length > 0)
  const call = { queue: 'global_call.fifo', events: [{ instance: 'sales', event: 'call', id: 'a', offset: 1 }] }
  t.same(at('start'), [call, call])
  t.match(at('error'), [{ ...call, error: { message: /./ } }])
  t.match(at('asyncEnd')[1], { ...call, result: { Failed: [{ Id: '0', Code: 'InvalidMessageContents' }] } })
  const { message, ...notice } = dead[0] as DeadLetterNotice
  t.same(notice, { ...call.events[0], queue: call.queue, reason: 'InvalidMessageContents', attempts: 1 })
  t.type(message, 'string')
  t.notMatch(JSON.stringify([seen, dead]), SECRET)
})

t.test('a client that is cut off is published on a channel', async (t) => {
  const slow = notices<SlowClientNotice>(t, 'fastify-instance-events:slow-client')
  const { app, url } = await listen(t, { sqs: false, websocket: { maxBufferedBytes: 1_000_000 } })
  await app.websocket.set('sales', { enabled: true })
  const { ws } = await rawListener(t, url, '/sales', { apikey: API_KEY })
  const [socketId] = [...app.io.of('/sales').sockets.keys()]
  ws.pause()
  await flood(app, { until: async () => (await cutOffs(app)) > 0 })
  t.match(slow, [{ code: 'IEV_WS_TOO_SLOW', namespace: '/sales', socketId, bufferedBytes: Number }])
  t.equal(slow.length, 1)
})

t.test('channels are documented, and have no subscribers of their own', async (t) => {
  const markdown = readFileSync(new URL('../../docs/telemetry.md', import.meta.url), 'utf8')
  for (const name of ['accept:*', 'send:*'])
    t.ok(markdown.includes(`\`tracing:fastify-instance-events:${name}\``), name)
  for (const name of ['dead-letter', 'slow-client'])
    t.ok(markdown.includes(`\`fastify-instance-events:${name}\``), name)
  for (const name of ['accept', 'send']) t.notOk(tracingChannel(`fastify-instance-events:${name}`).hasSubscribers, name)
  for (const name of ['dead-letter', 'slow-client'])
    t.notOk(channel(`fastify-instance-events:${name}`).hasSubscribers, name)
})

const THROWING = `
import { tracingChannel } from 'node:diagnostics_channel'
import Fastify from 'fastify'
import app from './app.ts'

const thrown = []
process.on('uncaughtException', ({ message }) => thrown.push(message))
const broken = () => { throw new Error('broken') }
for (const name of ['accept', 'send']) {
  const channels = tracingChannel('fastify-instance-events:' + name)
  channels.subscribe({ start: broken, end: broken, asyncStart: broken, asyncEnd: broken, error: broken })
}
const sent = []
const send = async ({ constructor, input }) => {
  if (constructor.name === 'GetQueueAttributesCommand') return { Attributes: { FifoQueue: 'true' } }
  if (constructor.name !== 'SendMessageBatchCommand') return { QueueUrl: 'http://sqs/1/' + input.QueueName }
  sent.push(...input.Entries)
  return { Successful: input.Entries.map(({ Id }) => ({ Id })), Failed: [] }
}
const server = Fastify()
const sqs = { client: { send }, global: { events: ['CALL'] } }
await server.register(app, { apiKey: 'key-of-the-test', docs: false, eventLog: { url: ':memory:' }, sqs })
const { offset } = await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
while (await server.eventLog.store.deliveries.pendingCount() > 0) await new Promise(setImmediate)
await server.close()
console.log(JSON.stringify({ offset, sent: sent.length, thrown: new Set(thrown).size }))
`

t.test('an event is accepted and sent although subscribers throw', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', THROWING], {
    cwd: `${import.meta.dirname}/../..`,
    env: PLAIN_ENV,
    timeout: 60_000
  })
  t.same(JSON.parse(stdout), { offset: 1, sent: 1, thrown: 1 })
})
