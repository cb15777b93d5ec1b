import t, { type Test } from 'tap'
import { BatchClient } from '../../lib/sqs/batch-client.ts'
import { SqsCalls } from '../../lib/sqs/calls.ts'
import { createSqsClient, postOf } from '../../lib/sqs/client.ts'
import { Connections } from '../../lib/sqs/connections.ts'
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** Whose connections send what is repeated. `none`: the client is a host's. */
type Sending = 'undici' | 'sdk' | 'none'

/** A client in front of an emulator, and how often the SDK was asked to send. */
async function start(t: Test, sending: Sending = 'undici') {
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
  const connections = new Connections({ max: 4, connectTimeoutMs: 1_000 })
  t.after(async () => {
    await connections.close()
    client.destroy()
  })
  const post = sending === 'sdk' ? postOf(client) : connections.post
  const sends = t.capture(client, 'send', client.send)
  let asked = 0
  const calls = new SqsCalls({ client, deadlineMs: 1_000 })
  const batches = new BatchClient({ calls, direct: sending === 'none' ? undefined : { client, post } })
  const send = (body: string, maySend = () => true) =>
    batches.send(
      { QueueUrl: 'http://sqs/000000000000/a', Entries: [{ Id: '0', MessageBody: body }] },
      { signal: AbortSignal.timeout(10_000), maySend }
    )
  return { sqs, proxy, client, send, bySdk: () => (asked += sends().length) }
}

for (const sending of ['undici', 'sdk'] as const)
  t.test(
    `the SDK makes the first call, and later calls repeat it with another body (connections of ${sending})`,
    async (t) => {
      const { sqs, proxy, send, bySdk } = await start(t, sending)
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
    }
  )

t.test('a host’s own client makes every call itself', async (t) => {
  const { send, bySdk } = await start(t, 'none')
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
for (const sending of ['undici', 'sdk'] as const)
  for (const [title, fault, expected] of refusals) {
    t.test(`after ${title} the SDK makes the next call again (connections of ${sending})`, async (t) => {
      const { proxy, send, bySdk } = await start(t, sending)
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

for (const sending of ['undici', 'sdk', 'none'] as const) {
  t.test(
    `a call whose events may no longer be sent once its credentials are known is not made (connections of ${sending})`,
    async (t) => {
      const { proxy, client, send } = await start(t, sending)
      for (const which of ['first', 'second']) {
        const { length } = proxy.calls
        let may = true
        const { credentials } = client.config
        client.config.credentials = async (options) => {
          const identity = await credentials(options)
          may = false
          return identity
        }
        await t.rejects(
          send(which, () => may),
          { name: 'NotSent' },
          `the ${which} call`
        )
        t.equal(proxy.calls.length, length)
        client.config.credentials = credentials
        await send(which)
      }
    }
  )
}

/** The error of a second call that is answered like this. */
async function answered(t: Test, fault: Fault): Promise<unknown> {
  const { proxy, send } = await start(t)
  await send('first')
  proxy.decide = () => fault
  return send('second').catch((error: unknown) => error)
}

t.test('the code of an error is in its body, else in a header, else it is the status', async (t) => {
  const gone = '{"__type":"com.amazonaws.sqs#QueueDoesNotExist:http://x","Message":"gone"}'
  const answers: [Fault, Record<string, unknown>][] = [
    [
      { foreign: 502, body: gone },
      { name: 'QueueDoesNotExist', message: 'gone' }
    ],
    [
      { foreign: 502, body: '{}', headers: { 'x-amzn-errortype': 'ThrottlingException' } },
      { name: 'ThrottlingException' }
    ],
    [{ foreign: 502, body: '<html>Bad Gateway</html>' }, { name: 'HTTP 502' }]
  ]
  for (const [fault, expected] of answers)
    t.match(await answered(t, fault), { ...expected, $metadata: { httpStatusCode: 502 } })
})

t.test('an answer with status 200 that names no entry is not SQS’s', async (t) => {
  for (const body of ['', 'null', '[1]', '{}', '<html>login</html>', '{"Successful":[null],"Failed":[]}', '5'])
    t.match(await answered(t, { foreign: 200, body }), { name: 'IEV_SQS_NOT_SQS' }, body)
})

for (const sending of ['undici', 'sdk'] as const) {
  t.test(`an answer that is too long is aborted (connections of ${sending})`, async (t) => {
    const { proxy, send } = await start(t, sending)
    await send('first')
    proxy.decide = () => ({ foreign: 200, body: 'x'.repeat(8 * 1_048_576) })
    await t.rejects(send('second'), { name: 'IEV_SQS_NOT_SQS', message: /More than 4194304 bytes/ })
    await until(() => proxy.connections.at(-1)?.destroyed === true)
  })
}
