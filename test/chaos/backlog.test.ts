import { setTimeout as pause } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openStore } from '../../lib/store/open.ts'
import { backends } from '../support/backends.ts'
import { build, folder } from '../support/build.ts'
import { LONG } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { newEvent } from '../support/new-event.ts'
import { startSqs, type TestSqs } from '../support/sqs.ts'
import { callsToSqs, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

const PENDING = LONG ? 1_000_000 : 10_000
const SMALL = LONG ? 20_000 : 2_000
/** Messages after which it has started. */
const STARTED = 1_000
const DATA = JSON.stringify({ text: 'x'.repeat(700) })

/** A database with this many pending deliveries of 100 instances. */
async function seed(url: string, count: number): Promise<void> {
  const store = await openStore({ url, maxPendingDeliveries: 2_000_000 })
  for (let done = 0; done < count; done += 1_000) {
    const events = Array.from({ length: Math.min(1_000, count - done) }, (_, n) =>
      newEvent({ instance: `instance-${(done + n) % 100}`, event: 'call', data: DATA, queues: ['global_call.fifo'] })
    )
    await store.log.append(events)
  }
  await store.close()
}

function rssMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}

interface Draining {
  /** Seconds from the process's start to the first message in the queue. */
  firstSend: number
  /** Messages a second, over as many as the small backlog has. */
  rate: number
  /** MiB once it has sent some: what the backlog itself takes. */
  rssStarted: number
  /** MiB after sending at full speed, which has its price with and without a backlog. */
  rss: number
}

async function drain(t: Test, sqs: TestSqs, { url, pending }: { url: string; pending: number }): Promise<Draining> {
  sqs.server.reset()
  const env = callsToSqs({ database: url, endpoint: sqs.options.endpoint })
  const depth = () => sqs.depth('global_call.fifo') ?? 0
  const begun = performance.now()
  const starting = startStandalone(t, { cwd: folder(t), env })
  if (pending > 0) while (depth() === 0) await pause(5)
  const firstSend = (performance.now() - begun) / 1_000
  const from = { at: performance.now(), depth: depth() }
  const server = await starting
  await until(() => depth() >= Math.min(pending, STARTED))
  const rssStarted = rssMiB(server.process.pid ?? 0)
  await until(() => depth() >= Math.min(pending, from.depth + SMALL - 100))
  const rate = (depth() - from.depth) / ((performance.now() - from.at) / 1_000)
  if (pending === 0) await pause(500)
  const rss = rssMiB(server.process.pid ?? 0)
  await server.stop('SIGTERM')
  return { firstSend, rate, rssStarted, rss }
}

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: ${PENDING} pending deliveries: it starts sending at once, in the memory of an empty start`,
    { timeout: 900_000 },
    async (t) => {
      const sqs = await startSqs(t)
      const run = async (pending: number) => {
        const url = await backend.start(t)
        await seed(url, pending)
        return drain(t, sqs, { url, pending })
      }
      const empty = await run(0)
      const small = await run(SMALL)
      const large = await run(PENDING)
      t.comment(JSON.stringify({ empty, small, large }))
      t.ok(large.firstSend > 0 && large.rate > 0)
      if (!LONG) return
      t.ok(large.firstSend - small.firstSend < 2, 'start-up to first send')
      t.ok(large.rssStarted - empty.rss <= 200, 'memory at the start')
      t.ok(large.rss - small.rss <= 50, 'memory of sending: the backlog adds nothing')
      t.ok(large.rate >= small.rate * 0.9, 'draining speed')
    }
  )

  t.test(`${backend.name}: one queue that refuses for ever delays no other queue`, { timeout: 120_000 }, async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const server = await build(t, {
      eventLog: { url: await backend.start(t) },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL', 'LABELS_EDIT'] } }
    })
    const count = LONG ? 2_000 : 300
    const measure = async (round: string) => {
      const latencies: number[] = []
      for (let n = 0; n < count; n++) {
        const begun = performance.now()
        await server.onInstanceEvent({ instance: `i${n % 10}`, event: 'labels.edit', data: `${round}${n}` })
        void server.onInstanceEvent({ instance: `i${n % 10}`, event: 'call', data: n })
        const target = latencies.length + 1
        await until(() => (sqs.depth('global_labels_edit.fifo') ?? 0) >= target)
        latencies.push(performance.now() - begun)
      }
      sqs.server.reset()
      return latencies.sort((a, b) => a - b)[Math.floor(count * 0.99)] ?? 0
    }
    const alone = await measure('healthy ')
    proxy.decide = ({ action, body }) =>
      action === 'SendMessageBatch' && String(body.QueueUrl).includes('call')
        ? { status: 500, code: 'InternalError' }
        : undefined
    const beside = await measure('beside a failing one ')
    t.comment(`p99: ${alone.toFixed(1)} ms, beside a queue that refuses ${beside.toFixed(1)} ms`)
    t.ok(server.eventLog.store.deliveries.pendingCount() >= count / 2, 'the other queue does refuse')
    if (LONG) t.ok(beside - alone < 50, 'p99 within 50 ms')
  })
}
