import t from 'tap'
import { SqsCalls } from '../../lib/sqs/calls.ts'
import { createSqsClient } from '../../lib/sqs/client.ts'
import { sqsStatus } from '../../lib/sqs/status.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'

t.test('the probe succeeds only on an answer about its queue', async (t) => {
  const { proxy, options } = await startProxiedSqs(t)
  const statusAt = async (endpoint: string) => {
    const limits = { concurrency: 1, connectTimeoutMs: 3_000, requestTimeoutMs: 10_000 }
    const { region, credentials } = options as {
      region: string
      credentials: { accessKeyId: string; secretAccessKey: string }
    }
    const client = createSqsClient({ region, credentials, endpoint, ...limits })
    t.teardown(() => client.destroy())
    return sqsStatus(new SqsCalls({ client, deadlineMs: 10_000 }))
  }
  const answers: [Fault, string | undefined][] = [
    [undefined, undefined],
    [{ status: 400, code: 'QueueDoesNotExist' }, undefined],
    [{ status: 403, code: 'AccessDenied' }, undefined],
    [{ foreign: 200 }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 200, type: 'application/json', body: '{"status":"ok"}' }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 400, type: 'text/xml', body: '<ErrorResponse/>' }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 400, type: 'text/plain' }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 403 }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 302 }, 'IEV_SQS_NOT_SQS'],
    [{ foreign: 502 }, 'HTTP 502'],
    [{ status: 400, code: 'UnrecognizedClientException' }, 'UnrecognizedClientException'],
    [{ status: 403, code: 'RequestExpired' }, 'RequestExpired'],
    [{ status: 400, code: 'InvalidAction' }, 'InvalidAction'],
    [{ status: 400, code: 'RequestThrottled' }, 'RequestThrottled'],
    ['reset', 'ECONNRESET'],
    ['stall', 'IEV_TIMEOUT']
  ]
  for (const [fault, code] of answers) {
    proxy.decide = () => fault
    t.match(
      await statusAt(options.endpoint),
      code === undefined ? { ok: true } : { ok: false, code },
      JSON.stringify(fault)
    )
  }
  proxy.decide = () => undefined
  t.match(await statusAt(`${options.endpoint}/000000000000/mine_call.fifo`), { ok: false }, 'a queue’s URL as endpoint')
})
