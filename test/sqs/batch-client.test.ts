import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { BatchClient } from '../../lib/sqs/batch-client.ts'
import { SqsCalls } from '../../lib/sqs/calls.ts'
import { createSqsClient } from '../../lib/sqs/client.ts'
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { soon } from '../support/until.ts'

/** A client in front of an emulator, and how often the SDK was asked to send. */
async function start(t: Test, { direct = true }: { direct?: boolean } = {}) {
  const sqs = await startSqs(t)
  sqs.server.createQueue('a')
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  const client = createSqsClient({
    ...sqs.options,
    endpoint: proxy.endpoint,
    concurrency: 4,
    connectTimeoutMs: 1_000,
    requestTimeoutMs: 1_000
  })
  t.after(() => client.destroy())
  const sends = t.capture(client, 'send', client.send)
  let asked = 0
  const calls = new SqsCalls({ client, deadlineMs: 1_000 })
  const batches = new BatchClient({ calls, direct: direct ? client : undefined })
  const send = (body: string) =>
    batches.send(
      { QueueUrl: 'http://sqs/000000000000/a', Entries: [{ Id: '0', MessageBody: body }] },
      AbortSignal.timeout(10_000)
    )
  return { sqs, proxy, client, send, bySdk: () => (asked += sends().length) }
}

t.test('the SDK makes the first call, and later calls repeat it with another body', async (t) => {
  const { sqs, proxy, send, bySdk } = await start(t)
  for (const body of ['first', 'segundo: olá', '3 " é \n']) {
    const { Successful = [] } = await send(body)
    t.match(Successful, [{ Id: '0', MessageId: String }])
  }
  t.equal(bySdk(), 1)
  t.same(
    (await sqs.receive('a', 3)).map(({ Body }) => Body),
    ['first', 'segundo: olá', '3 " é \n']
  )
  const [first, second] = proxy.calls
  t.same(Object.keys(second?.body ?? {}), Object.keys(first?.body ?? {}))
})

t.test('a host’s own client makes every call itself', async (t) => {
  const { send, bySdk } = await start(t, { direct: false })
  for (const body of ['first', 'second', 'third']) await send(body)
  t.equal(bySdk(), 3)
})

t.test('a client with middleware of a host makes every call itself', async (t) => {
  const { client, send, bySdk } = await start(t)
  let seen = 0
  client.middlewareStack.add(
    (next) => (args) => {
      seen++
      return next(args)
    },
    { step: 'initialize', name: 'seen' }
  )
  for (const body of ['first', 'second', 'third']) await send(body)
  t.equal(bySdk(), 3)
  t.equal(seen, 3)
})

const refusals: [string, Fault, Record<string, unknown>][] = [
  ['an error of AWS', { status: 400, code: 'RequestThrottled', message: 'slower' }, { name: 'RequestThrottled' }],
  ['an error of the service', { status: 503, code: 'ServiceUnavailable' }, { $metadata: { httpStatusCode: 503 } }],
  ['a connection that is cut', 'reset', { name: 'ECONNRESET' }],
  ['an answer that stops', 'stall', { name: 'IEV_TIMEOUT' }]
]
for (const [title, fault, expected] of refusals) {
  t.test(`after ${title} the SDK makes the next call again`, async (t) => {
    const { proxy, send, bySdk } = await start(t)
    await send('first')
    await send('second')
    t.equal(bySdk(), 1)
    proxy.decide = () => fault
    t.match(await send('third').catch((error: unknown) => error), expected)
    proxy.decide = () => undefined
    t.equal(bySdk(), 1, 'it was not the SDK that failed')
    await send('fourth')
    await send('fifth')
    t.equal(bySdk(), 2)
  })
}

/** A client whose second call is answered like this. */
async function answered(t: Test, answer: RequestListener) {
  const { proxy, client, send } = await start(t)
  await send('first')
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { handle } = client.config.requestHandler
  client.config.requestHandler.handle = (request, options) => {
    request.port = port
    return handle.call(client.config.requestHandler, request, options)
  }
  t.equal(proxy.calls.length, 1)
  return send('second')
}

t.test('the code of an error is in its body, else in a header, else it is the status', async (t) => {
  const answers: [RequestListener, Record<string, unknown>][] = [
    [
      (_, reply) => reply.end('{"__type":"com.amazonaws.sqs#QueueDoesNotExist:http://x","Message":"gone"}'),
      { name: 'QueueDoesNotExist', message: 'gone' }
    ],
    [
      (_, reply) => reply.setHeader('x-amzn-errortype', 'ThrottlingException').end('{}'),
      { name: 'ThrottlingException' }
    ],
    [(_, reply) => reply.end('<html>Bad Gateway</html>'), { name: 'HTTP 502' }]
  ]
  for (const [answer, expected] of answers) {
    const failed = answered(t, (request, reply) => {
      reply.statusCode = 502
      answer(request, reply)
    })
    t.match(await failed.catch((error: unknown) => error), { ...expected, $metadata: { httpStatusCode: 502 } })
  }
})

t.test('an answer with status 200 that names no entry is not SQS’s', async (t) => {
  for (const body of ['', 'null', '[1]', '{}', '<html>login</html>', '{"Successful":[null],"Failed":[]}', '5'])
    await t.rejects(
      answered(t, (_, reply) => reply.end(body)),
      { name: 'IEV_SQS_NOT_SQS' },
      body
    )
})

t.test('an answer without end is aborted', async (t) => {
  const closed = Promise.withResolvers<void>()
  const endless = answered(t, (_, reply) => {
    const write = () => {
      while (reply.write('x'.repeat(65_536)));
    }
    reply.on('drain', write).on('close', closed.resolve)
    write()
  })
  await t.rejects(endless, { name: 'IEV_SQS_NOT_SQS', message: /More than 4194304 bytes/ })
  await soon(closed.promise, 'the end of the connection')
})
