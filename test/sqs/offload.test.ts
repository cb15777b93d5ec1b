import t, { type Test } from 'tap'
import { createOffload } from '../../lib/sqs/offload.ts'
import type { Fault } from '../support/fault-proxy.ts'
import { startProxiedSqs } from '../support/proxied-sqs.ts'
import type { StoredEvent } from '../../lib/events/event.ts'

const EVENT = { instance: 'mine', id: 'a', offset: 1, flags: 0 } as StoredEvent

async function start(t: Test) {
  const { sqs, proxy, options } = await startProxiedSqs(t)
  sqs.server.createBucket('large')
  const { endpoint, region, credentials } = options
  const target = {
    endpoint,
    region: region as string,
    credentials: credentials as { accessKeyId: string; secretAccessKey: string }
  }
  const offload = await createOffload({ ...target, bucket: 'large' }, { deadlineMs: 1_000 })
  t.after(() => offload.destroy())
  const put = (body = '{}') => offload.put(EVENT, Buffer.from(body), AbortSignal.timeout(60_000))
  return { proxy, put }
}

const faults: [string, Fault, object][] = [
  ['an answer that stops', 'stall', { failure: { kind: 'transient', code: 'IEV_TIMEOUT' } }],
  ['a login page', { foreign: 200 }, { failure: { kind: 'transient', code: 'IEV_S3_NOT_S3' } }],
  ['a page that refuses', { foreign: 403 }, { failure: { kind: 'transient', code: 'IEV_S3_NOT_S3' } }],
  ['a proxy that takes less', { foreign: 413 }, { failure: { kind: 'permanent', code: 'HTTP 413' } }]
]
for (const [title, fault, expected] of faults) {
  t.test(`an upload that meets ${title} fails, and succeeds afterwards`, async (t) => {
    const { proxy, put } = await start(t)
    proxy.decide = () => fault
    t.match(await put().catch((error: unknown) => error), expected)
    proxy.decide = () => undefined
    t.match(await put(), { bucket: 'large', size: 2, fileUrl: /^http/ })
  })
}

t.test('a large upload has a later deadline', async (t) => {
  const { proxy, put } = await start(t)
  await put()
  proxy.decide = () => new Promise((resolve) => setTimeout(resolve, 1_500, undefined))
  await t.rejects(put(), { name: 'IEV_TIMEOUT', message: /PutObject was not finished within 1 s/ })
  t.match(await put(JSON.stringify('x'.repeat(2 * 1_048_576))), { size: 2_097_154 })
})
