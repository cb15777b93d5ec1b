import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { API_KEY, folder, listen } from '../support/build.ts'
import { KEY, startFakeHub } from '../support/fake-hub.ts'
import { printing } from '../support/printing.ts'
import { connect } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { call } from '../support/standalone.ts'
import { soon } from '../support/until.ts'
import { callsInQueue, chats, QUEUE, sendTwice } from '../support/worker-queue.ts'

// Each test has a server of its own, and mostly waits.
t.jobs = 4

/** Runs an example as a process; ended after the test. */
function run(t: Test, file: string, env: Record<string, string>, cwd = folder(t)) {
  const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url))
  const child = spawn(process.execPath, [path], { cwd, env })
  return { child, ...printing(t, child) }
}

t.test('socket-client prints the events of its instance, and the code when it is refused', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  const env = { URL: url.replace('http', 'ws'), INSTANCE: 'sales', API_KEY }
  const refused = run(t, 'socket-client.mjs', env)
  await refused.printed('IEV_WS_NOT_SET')

  await app.websocket.set('sales', { enabled: true })
  const { printed } = run(t, 'socket-client.mjs', env)
  await printed('connected to sales')
  await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data: { text: 'Oi' } })
  await printed(/messages\.upsert \{[^]*text: 'Oi'/)
  t.pass()
})

t.test('resuming-client also prints the events that it missed', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(3)
  const env = { URL: hub.url.replace('/sales', ''), INSTANCE: 'sales', API_KEY: KEY }
  const { printed, output } = run(t, 'resuming-client.mjs', { ...env, OFFSET: '1' })
  await printed(/^2 messages[^]*^3 messages[^]*resumed \{ from: 1, to: 3, count: 2, complete: true }/m)
  hub.drop()
  await printed('disconnected: transport close')
  hub.emit(2)
  await printed(/resumed \{ from: 3, to: 5, count: 2, complete: true }/)
  t.same(output().match(/^\d+(?= messages)/gm), ['2', '3', '4', '5'])

  const fresh = run(t, 'resuming-client.mjs', env)
  await fresh.printed('resumed { from: 5, to: 5, count: 0, complete: true }')
  t.same(hub.attempts.at(-1), { apikey: KEY, offset: 'latest' })
})

t.test('connect-instance continues where its last run stopped', async (t) => {
  const hub = await startFakeHub(t)
  hub.emit(3)
  const env = { URL: hub.url.replace('/sales', ''), INSTANCE: 'sales', API_KEY: KEY }
  const cwd = folder(t)
  const first = run(t, 'connect-instance.mjs', env, cwd)
  await first.printed('resumed at 3: 0 missed')
  hub.emit(2)
  await first.printed(/^5 messages/m)
  first.child.kill('SIGTERM')
  t.equal(await first.ended(), 0)
  hub.emit(2)

  const second = run(t, 'connect-instance.mjs', env, cwd)
  await second.printed('resumed at 7: 2 missed, all of them still there')
  t.same(second.output().match(/^\d+(?= messages)/gm), ['6', '7'])
  second.child.kill('SIGTERM')
  await second.ended()

  hub.refuse = () => ({ code: 'IEV_WS_UNAUTHORIZED', message: 'The key does not authorize this namespace' })
  const refused = run(t, 'connect-instance.mjs', env, cwd)
  t.equal(await refused.ended(), 1)
  t.match(refused.output(), 'IEV_WS_UNAUTHORIZED')
  t.equal(hub.attempts.at(-1)?.offset, 7)
})

t.test('sqs-consumer prints messages, and ends at SIGTERM', async (t) => {
  const sqs = await startSqs(t)
  const { app } = await listen(t, { sqs: sqs.options })
  await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'] })
  const { child, ended, printed } = run(t, 'sqs-consumer.mjs', { SQS_ENDPOINT: sqs.options.endpoint })
  await printed('waiting for sales_messages_upsert.fifo')
  for (const data of ['one', 'two']) await app.onInstanceEvent({ instance: 'sales', event: 'messages.upsert', data })
  await printed(/offset 1\): "one"[^]*offset 2\): "two"/)
  child.kill('SIGTERM')
  t.equal(await ended(), 0)
})

t.test('idempotent-worker processes each event once, in order; a failure delays its own instance only', async (t) => {
  const sqs = await startSqs(t)
  const first = await callsInQueue(t, sqs, 'jose')
  const env = { SQS_ENDPOINT: sqs.options.endpoint, QUEUE, RETRY_SECONDS: '0' }
  const cwd = folder(t)
  const { child, ended, printed, output } = run(t, 'idempotent-worker.mjs', env, cwd)
  await printed('support 4: done')
  // The first event of sales fails twice, then SQS moves it to its dead-letter queue.
  await printed('sales 3: done')
  t.same(output().match(/^sales.*/gm), [
    'sales: data.key.remoteJid is missing',
    'sales: data.key.remoteJid is missing',
    'sales 3: done'
  ])
  await sendTwice(sqs, first.Body)
  await printed(/^sales 1: done\nsales 1: done before$/m)
  child.kill('SIGTERM')
  t.equal(await ended(), 0)
  t.same(chats(join(cwd, 'worker.db')), [
    { jid: 'jose', messages: 1, last: 'Oi' },
    { jid: 'maria', messages: 2, last: 'Oi' }
  ])
})

t.test('idempotent-worker returns the messages behind a failure of their group', async (t) => {
  // The emulator hands out one message of a group at a time; SQS hands out several.
  const Messages = [
    { instance: 'sales', offset: 1 },
    { instance: 'sales', offset: 2, data: { key: { remoteJid: 'maria' } } },
    { instance: 'support', offset: 3, data: { key: { remoteJid: 'jose' } } }
  ].map((message) => {
    const Body = JSON.stringify({ ...message, id: String(message.offset) })
    const MD5OfBody = createHash('md5').update(Body).digest('hex')
    return { Body, MD5OfBody, ReceiptHandle: `of ${message.offset}`, Attributes: { MessageGroupId: message.instance } }
  })
  const deleted: string[] = []
  const returned = Promise.withResolvers<unknown>()
  const sqs = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { ReceiptHandle: string; Entries: unknown }
    const reply = (value: object) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value))
    switch (request.headers['x-amz-target']) {
      case 'AmazonSQS.GetQueueUrl':
        return reply({ QueueUrl: `http://${request.headers.host}/0/sales.fifo` })
      case 'AmazonSQS.ReceiveMessage':
        // The second request gets no answer, like a long poll.
        return Messages.length > 0 && reply({ Messages: Messages.splice(0) })
      case 'AmazonSQS.DeleteMessage':
        deleted.push(body.ReceiptHandle)
        return reply({})
      default:
        returned.resolve(body.Entries)
        return reply({ Successful: [], Failed: [] })
    }
  }).listen(0, '127.0.0.1')
  t.after(() => {
    sqs.closeAllConnections()
    sqs.close()
  })
  await once(sqs, 'listening')
  const SQS_ENDPOINT = `http://127.0.0.1:${(sqs.address() as AddressInfo).port}`
  const { printed } = run(t, 'idempotent-worker.mjs', { SQS_ENDPOINT, RETRY_SECONDS: '7' })
  t.same(await soon(returned.promise, 'messages that are given back'), [
    { Id: '0', ReceiptHandle: 'of 1', VisibilityTimeout: 7 },
    { Id: '1', ReceiptHandle: 'of 2', VisibilityTimeout: 7 }
  ])
  await printed('sales: data.key.remoteJid is missing')
  await printed('support 3: done')
  t.same(deleted, ['of 3'])
})

t.test('lambda-handler reports a failed message and those behind it in its group', async (t) => {
  const sqs = await startSqs(t)
  const { app } = await listen(t, { sqs: { ...sqs.options, global: { events: ['CALL'] } } })
  const order = ['sales', 'support', 'sales', 'support', 'sales']
  for (const [index, instance] of order.entries())
    await app.onInstanceEvent({ instance, event: 'call', data: { number: index + 1 } })
  const messages = await sqs.receive('global_call.fifo', order.length)

  const handled: string[] = []
  const service = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { offset } = JSON.parse(Buffer.concat(chunks).toString()) as { offset: number }
    const failing = offset === 3
    if (!failing) handled.push(`${offset} ${String(request.headers['idempotency-key'])}`)
    response.writeHead(failing ? 500 : 204).end()
  }).listen(0, '127.0.0.1')
  t.after(() => service.close())
  await once(service, 'listening')
  const origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const { handler } = (await import(new URL('../../examples/lambda-handler.mjs', import.meta.url).href)) as {
    handler: (event: { Records: object[] }) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>
  }
  t.intercept(console, 'error')
  process.env.TARGET_URL = origin
  t.after(() => delete process.env.TARGET_URL)

  // As Lambda hands over what it received.
  // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
  const Records = messages.map(({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes, MessageAttributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: MessageAttributes,
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:global_call.fifo',
    awsRegion: 'us-east-1'
  }))
  const offsets = new Map(messages.map(({ MessageId, Body = '' }) => [MessageId, JSON.parse(Body).offset as number]))
  const { batchItemFailures } = await handler({ Records })
  t.same(
    batchItemFailures.map(({ itemIdentifier }) => offsets.get(itemIdentifier)),
    [3, 5]
  )
  const ids = new Map(
    messages.map(({ Body = '' }) => [JSON.parse(Body).offset as number, JSON.parse(Body).id as string])
  )
  t.same(
    handled.sort(),
    [1, 2, 4].map((offset) => `${offset} ["${order[offset - 1]}","${ids.get(offset)}"]`)
  )

  // A message that was too large for SQS and is in S3.
  const whole = createServer((_request, response) => response.end(messages[0]?.Body)).listen(0, '127.0.0.1')
  t.after(() => whole.close())
  await once(whole, 'listening')
  const fileUrl = `http://127.0.0.1:${(whole.address() as AddressInfo).port}`
  const body = JSON.stringify({ ...JSON.parse(messages[0]?.Body ?? ''), dataType: 's3', data: { fileUrl } })
  t.same(await handler({ Records: [{ ...Records[0], body }] }), { batchItemFailures: [] })
  t.equal(handled.at(-1), `1 ["sales","${ids.get(1)}"]`)
})

t.test('forward-evolution-webhook sets the webhook of an instance of Evolution API', async (t) => {
  const { app, url } = await listen(t, { sqs: false })
  let asked: { url: string; apikey: unknown; webhook: { url: string; headers: Record<string, string> } } | undefined
  const evolution = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    asked = { url: request.url ?? '', apikey: request.headers.apikey, ...JSON.parse(Buffer.concat(chunks).toString()) }
    response.writeHead(201).end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => evolution.close())
  await once(evolution, 'listening')

  const { ended, output } = run(t, 'forward-evolution-webhook.mjs', {
    EVOLUTION_URL: `http://127.0.0.1:${(evolution.address() as AddressInfo).port}`,
    EVOLUTION_API_KEY: 'theirs',
    URL: url,
    API_KEY,
    INSTANCE: 'sales'
  })
  t.equal(await ended(), 0, output())
  t.match(asked, { url: '/webhook/set/sales', apikey: 'theirs' })

  const { url: target = '', headers } = asked?.webhook ?? {}
  const reply = await fetch(target, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ event: 'call', instance: 'sales', data: { from: 'Maria' } })
  })
  t.equal(reply.status, 202)
  t.equal((await app.eventLog.store.log.range()).head, 1)
})

t.test('register-in-an-app emits events from a host app', async (t) => {
  const sqs = await startSqs(t)
  const { child, ended, printed, output } = run(t, 'register-in-an-app.ts', {
    SQS_ENDPOINT: sqs.options.endpoint,
    API_KEY,
    PORT: '0'
  })
  await printed(/listening on http:\S+\n/)
  const url = /listening on (\S+)/.exec(output())?.[1] ?? ''
  const { until } = await connect(t, url, API_KEY)
  const reply = await call(`${url}/simulate/sales`, { method: 'POST', body: { text: 'Oi' } })
  t.match(reply, { status: 200, body: { offset: 1 } })
  t.match(await until(1), [{ message: { instance: 'sales', data: { text: 'Oi' } } }])
  t.match(await sqs.bodies('global_messages_upsert.fifo', 1), [{ data: { text: 'Oi' } }])
  t.match(await call(`${url}/events-hub/events/sales`, { key: API_KEY }), { body: { events: [{ offset: 1 }] } })
  child.kill('SIGTERM')
  t.equal(await ended(), 0)
})
