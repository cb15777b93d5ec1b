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

// Each test has a server and a database of its own. The long form measures, one at a time.
t.jobs = LONG ? 1 : 2

const PENDING = LONG ? 1_000_000 : 5_000
/** Deliveries of the backlog to compare with, and messages over which the rate is measured. */
const SMALL = LONG ? 20_000 : 2_000
/** Messages that are sent before the memory is measured for the first time. */
const STARTED = 1_000
const DATA = JSON.stringify({ text: 'x'.repeat(700) })

/** Fills a database with pending deliveries of 100 instances. */
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
  /** Messages per second. */
  rate: number
  /** MiB after the first messages. */
  rssStarted: number
  /** MiB after sending at full speed. */
  rss: number
}

async function drain(t: Test, sqs: TestSqs, { url, pending }: { url: string; pending: number }): Promise<Draining> {
  sqs.server.reset()
  const env = callsToSqs({ database: url, endpoint: sqs.options.endpoint })
  const depth = () => sqs.depth('global_call.fifo') ?? 0
  const begun = performance.now()
  const starting = startStandalone(t, { cwd: folder(t), env })
  if (pending > 0) await until(() => depth() > 0)
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
    `${backend.name}: a server with ${PENDING} pending deliveries starts sending at once, and keeps few of them in memory`,
    { timeout: 900_000 },
    async (t) => {
      const sqs = await startSqs(t)
      const run = async (pending: number) => {
        const url = await backend.start(t)
        await seed(url, pending)
        return drain(t, sqs, { url, pending })
      }
      const large = await run(PENDING)
      t.ok(large.firstSend > 0 && large.rate > 0)
      if (!LONG) return
      const empty = await run(0)
      const small = await run(SMALL)
      t.comment(JSON.stringify({ empty, small, large }))
      t.ok(large.firstSend - small.firstSend < 2, 'seconds to the first message')
      t.ok(large.rssStarted - empty.rss <= 200, 'memory after the first messages')
      t.ok(large.rss - small.rss <= 50, 'memory after sending at full speed')
      t.ok(large.rate >= small.rate * 0.9, 'messages per second')
    }
  )

  t.test(`${backend.name}: a queue whose calls fail delays no other queue`, { timeout: 120_000 }, async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const server = await build(t, {
      eventLog: { url: await backend.start(t) },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL', 'LABELS_EDIT'] } }
    })
    const count = LONG ? 2_000 : 200
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
    const alone = await measure('alone ')
    proxy.decide = ({ action, body }) =>
      action === 'SendMessageBatch' && String(body.QueueUrl).includes('call')
        ? { status: 500, code: 'InternalError' }
        : undefined
    const beside = await measure('beside a failing one ')
    t.comment(`p99: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside a failing queue`)
    t.ok(server.eventLog.store.deliveries.pendingCount() >= count / 2, 'the other queue fails')
    if (LONG) t.ok(beside - alone < 50, 'p99 within 50 ms')
  })
}
