import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { SqsCalls, type SqsSending } from '../../lib/sqs/calls.ts'
import { createSqsClient } from '../../lib/sqs/client.ts'
import { ensureAll, ensureMany } from '../../lib/sqs/ensure-many.ts'
import { Limiter } from '../../lib/sqs/limiter.ts'
import { QueueProvisioner } from '../../lib/sqs/provisioner.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'

const { log } = Fastify()
const specs = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `queue-${n}.fifo` }))

async function start(t: Test) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  const limits = { concurrency: 1, connectTimeoutMs: 3_000, requestTimeoutMs: 10_000 }
  const client = createSqsClient({ ...sqs.options, endpoint: options.endpoint, ...limits })
  t.after(() => client.destroy())
  const calls = new SqsCalls({ client, deadlineMs: 10_000 })
  const limiter = new Limiter(8)
  return { sqs, proxy, limiter, provisioner: new QueueProvisioner({ calls, type: 'fifo', log }) }
}

t.test('many queues are created a few calls at a time, in the order of the requests', async (t) => {
  const { sqs, proxy, limiter, provisioner } = await start(t)
  let now = 0
  let most = 0
  proxy.decide = async () => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 10))
    now--
    return undefined
  }
  const asked = specs(30)
  const several = await Promise.all(
    [asked, asked.slice(10), asked.toReversed()].map((wanted) =>
      ensureAll(provisioner, wanted, { timeoutMs: 60_000, limiter })
    )
  )
  const urls = asked.map(({ name }) => sqs.server.inspectQueue(name)?.url as string)
  t.strictSame(several, [urls, urls.slice(10), urls.toReversed()])
  t.equal(proxy.calls.filter(({ action }) => action === 'CreateQueue').length, 30, 'each was made once')
  t.ok(most > 1 && most <= 8, `${most} at once`)
  t.strictSame(await ensureAll(provisioner, [], { timeoutMs: 1_000, limiter }), [])
})

const passing: Fault[] = [
  'reset',
  { status: 500, code: 'InternalError' },
  { status: 503, code: 'ServiceUnavailable' },
  { status: 400, code: 'RequestThrottled' },
  { status: 400, code: 'ThrottlingException' },
  { foreign: 502 }
]
t.test('a transient failure of any call is retried', async (t) => {
  for (const action of ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes']) {
    for (const fault of passing) {
      const { proxy, limiter, provisioner } = await start(t)
      let failures = 1
      proxy.decide = (call) => (call.action === action && failures-- > 0 ? fault : undefined)
      const urls = await ensureAll(provisioner, specs(3), { timeoutMs: 60_000, limiter })
      t.equal(new Set(urls).size, 3, `${action} ${JSON.stringify(fault)}`)
    }
  }
})

t.test('throttled calls are retried for as long as throttling lasts', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  let tokens = 5
  const refill = setInterval(() => (tokens = 5), 100)
  t.after(() => clearInterval(refill))
  proxy.decide = ({ action }) =>
    action === 'CreateQueue' && tokens-- <= 0 ? { status: 400, code: 'RequestThrottled' } : undefined
  t.equal((await ensureAll(provisioner, specs(32), { timeoutMs: 60_000, limiter })).length, 32)
})

t.test('an outage is reported after a few tries, and a refusal at once, with the queues that are ready', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  proxy.decide = () => 'reset'
  await t.rejects(ensureAll(provisioner, specs(2), { timeoutMs: 600_000, limiter }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    message: /queue-[01]\.fifo.*ECONNRESET/
  })
  proxy.decide = ({ action, body }) =>
    action === 'CreateQueue' && body.QueueName === 'queue-9.fifo'
      ? { status: 403, code: 'AccessDenied', message: 'not you' }
      : undefined
  const [first, second] = await Promise.all(
    [specs(40), specs(10)].map((wanted) =>
      ensureAll(provisioner, wanted, { timeoutMs: 60_000, limiter }).catch((error: unknown) => error)
    )
  )
  const refused = {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    statusCode: 502,
    message: /queue-9\.fifo.*AccessDenied: not you/
  }
  t.match(first, {
    ...refused,
    messages: [
      refused.message,
      /not changed\. \d+ of its 40 queues .* not ready: queue-9\.fifo.*(queue-\d+\.fifo, ){8}queue-\d+\.fifo and \d+ more$/
    ]
  })
  t.match(second, { ...refused, messages: [refused.message, /9 of its 10 queues .* not ready: queue-9\.fifo$/] })
})

t.test('a failure that outlasts a request is not retried', async (t) => {
  for (const [code, status] of [
    ['AccessDenied', 403],
    ['InvalidClientTokenId', 403],
    ['QueueDeletedRecently', 400]
  ] as const) {
    const { proxy, limiter, provisioner } = await start(t)
    proxy.decide = ({ action }) => (action === 'CreateQueue' ? { status, code } : undefined)
    await t.rejects(ensureAll(provisioner, specs(1), { timeoutMs: 600_000, limiter }), { message: new RegExp(code) })
    t.equal(proxy.calls.filter(({ action }) => action === 'CreateQueue').length, 1, code)
  }
})

t.test('an abort ends the creation of queues', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  const outside = new AbortController()
  let tries = 0
  proxy.decide = () => {
    if (++tries === 2) outside.abort()
    return { status: 400, code: 'RequestThrottled' }
  }
  const options = { timeoutMs: 600_000, limiter, stopAtFailure: true, signal: outside.signal }
  t.equal((await ensureMany(provisioner, specs(1), options)).failed.size, 1)
})

t.test('queues are created by a mock that returns nothing for commands that it does not know', async (t) => {
  const client = {
    send: async (command: unknown) =>
      command instanceof CreateQueueCommand ? { QueueUrl: 'http://mock/a' } : undefined
  }
  const calls = new SqsCalls({ client: client as SqsSending, deadlineMs: 10_000 })
  const provisioner = new QueueProvisioner({ calls, type: 'standard', log })
  t.equal(await provisioner.ensure({ name: 'a' }), 'http://mock/a')
  t.equal(await provisioner.find('b'), undefined)
})

t.test('a lookup that fails is reported with its queue', async (t) => {
  const { proxy, provisioner } = await start(t)
  proxy.decide = () => ({ status: 500, code: 'InternalError' })
  await t.rejects(provisioner.find('a.fifo'), { code: 'IEV_SQS_QUEUE_UNAVAILABLE', message: /a\.fifo.*InternalError/ })
})

t.test('the creation of queues ends at its deadline', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  proxy.decide = () => 'silence'
  await t.rejects(ensureAll(provisioner, specs(9), { timeoutMs: 50, limiter }), {
    code: 'IEV_SQS_QUEUE_UNAVAILABLE',
    message: /IEV_TIMEOUT/
  })
})

t.test('throttling that lasts until the deadline is the reported reason', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  proxy.decide = ({ action }) => (action === 'GetQueueUrl' ? { status: 400, code: 'RequestThrottled' } : undefined)
  await t.rejects(ensureAll(provisioner, [{ name: 'other.fifo' }], { timeoutMs: 500, limiter }), {
    message: /RequestThrottled/
  })
})

t.test('a queue that fails does not stop others, unless the caller wants it to', async (t) => {
  const { proxy, limiter, provisioner } = await start(t)
  proxy.decide = ({ action, body }) =>
    action === 'CreateQueue' && body.QueueName === 'queue-0.fifo' ? { status: 403, code: 'AccessDenied' } : undefined
  const { urls, failed } = await ensureMany(provisioner, specs(20), {
    timeoutMs: 60_000,
    limiter,
    stopAtFailure: false
  })
  t.equal(urls.size, 19)
  t.match([...failed], [['queue-0.fifo', { code: 'IEV_SQS_QUEUE_UNAVAILABLE' }]])
})

t.test('an answer to CreateQueue without a URL is not SQS’s', async (t) => {
  const { proxy, provisioner } = await start(t)
  proxy.decide = () => ({ foreign: 200, type: 'application/json', body: '{}' })
  await t.rejects(provisioner.ensure({ name: 'a.fifo' }), { message: /IEV_SQS_NOT_SQS/ })
})
