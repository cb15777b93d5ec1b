import { fastify } from 'fastify'
import t from 'tap'
import { BatchCaller } from '../../lib/sqs/batch-call.ts'
import type { BatchItem } from '../../lib/sqs/batch.ts'
import { CircuitBreaker } from '../../lib/sqs/circuit-breaker.ts'
import { CallError } from '../../lib/sqs/failures.ts'
import { Outage } from '../../lib/sqs/outage.ts'
import type { Check } from '../../lib/operation/readiness.ts'
import { Metrics } from '../../lib/telemetry/metrics.ts'

const refusal = new CallError({ kind: 'permanent', code: 'HTTP 403', message: 'HTTP 403 from a proxy' }, 403)

/** Sends one message that a proxy refuses, while SQS itself answers with `check`. */
async function refusedMessage(check: Check) {
  const breaker = new CircuitBreaker({ outage: new Outage(), probe: () => new Promise<Check>(() => {}) })
  breaker.start({ needsCalls: true, callsMayBegin: () => {} })
  const doubted: string[] = []
  const caller = new BatchCaller({
    // The parts that a call uses.
    client: { send: () => Promise.reject(refusal) } as never,
    address: async () => ({ host: 'sqs.test' }),
    provisioner: {
      locate: async (queue: string) => `http://sqs.test/1/${queue}`,
      maxBytes: () => 1_048_576,
      doubt: (queue: string) => void doubted.push(queue)
    } as never,
    metrics: new Metrics(),
    log: fastify().log,
    specOf: (queue) => queue as never,
    breaker,
    probe: async () => check,
    maySend: () => true,
    signal: new AbortController().signal
  })
  const item = { bytes: 10, entry: { Id: '0' }, event: {}, lane: {} } as unknown as BatchItem
  const answer = await caller.call('calls.fifo', [item])
  breaker.stop()
  return { failure: answer?.failures.get(item), whole: answer?.whole, open: breaker.open, doubted }
}

t.test('a refusal of one message is its own failure if SQS answers', async (t) => {
  t.strictSame(await refusedMessage({ ok: true }), {
    failure: refusal.failure,
    whole: true,
    open: false,
    doubted: ['calls.fifo']
  })
})

t.test('a refusal of one message stops all calls if SQS does not answer either', async (t) => {
  const { failure, ...rest } = await refusedMessage({ ok: false, code: 'HTTP 403', message: 'refused' })
  t.match(failure, { kind: 'transient', code: 'IEV_SQS_NOT_SQS', message: /HTTP 403 from a proxy/ })
  t.strictSame(rest, { whole: true, open: true, doubted: [] })
})
