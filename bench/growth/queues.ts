import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EVOLUTION_EVENTS } from '../../lib/events/catalogue.ts'
import { eventKey } from '../../lib/events/event-key.ts'
import { QueueNames } from '../../lib/sqs/queue-names.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { sampleEvent } from '../harness/sample-events.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames, REGION } from '../sqs/sender.ts'
import type { QueuesServer } from './queues-server.ts'

const PER_SECOND = 1_500
/** Events of each instance that is seeded: a queue for each. */
const EVENTS = EVOLUTION_EVENTS.slice(0, 32)
const CHUNK = 1_000

const { data, sender, serverUrl } = sampleEvent('0.8 kB')

/** Many queues with few events each: at a steady rate, while SQS cannot be reached, and after a restart. */
export async function queues(bench: Bench): Promise<Comparison[]> {
  const rounds = bench.quick ? 1 : 3
  const shown = (count: number) => `${count.toLocaleString('en')} queues`
  const sides = (counts: readonly number[], run: (count: number) => Promise<Sample>) =>
    counts.map((count) => ({ name: shown(count), run: () => run(count) }))
  const paced = bench.quick ? [1_000, 100] : [10_000, 100]
  const pending = bench.quick ? [1_600, 320] : [32_000, 320]
  const [most = 0] = pending
  return [
    await compare(
      `${shown(paced[0] ?? 0)}, ${PER_SECOND} events/s in turn, SQS 10 ms away`,
      rounds,
      sides(paced, (count) => steady(bench, count))
    ),
    await compare(
      `SQS away, ${shown(most)} pending`,
      rounds,
      sides(pending, (count) => outage(bench, count))
    ),
    await compare(`a start with ${shown(most)} pending`, rounds, [
      { name: 'ours', run: () => restart(bench, { count: most, kept: true }) },
      { name: 'queues not known', run: () => restart(bench, { count: most, kept: false }) }
    ])
  ]
}

async function steady(bench: Bench, count: number): Promise<Sample> {
  const { sqs, server, close } = await start(bench, { instances: instanceNames(count), delayMs: 10 })
  const ms = bench.quick ? 1_000 : 15_000
  await server.call('pace', PER_SECOND / 2, ms / 2)
  await server.call('settled')
  await sqs.call('begin', { sender: 0, delayMs: 10 })
  const cpuBefore = await server.cpu()
  const events = await server.call('pace', PER_SECOND, ms)
  await sqs.call('until', events)
  const cpu = (await server.cpu()) - cpuBefore
  const { p50, p99 } = await sqs.call('latencies')
  await sqs.call('check')
  await close()
  return { 'p50 ms': p50, 'p99 ms': p99, 'CPU µs/event': cpu / events }
}

async function outage(bench: Bench, count: number): Promise<Sample> {
  const { sqs, server, close } = await start(bench, { pending: count, kept: true, down: true })
  const seconds = bench.quick ? 1 : 10
  // Wait until each queue has done the work of its start.
  await pause(bench.quick ? 1_000 : 5_000)
  await sqs.call('asked')
  const cpuBefore = await server.cpu()
  await pause(seconds * 1_000)
  const cpu = (await server.cpu()) - cpuBefore
  const calls = total(await sqs.call('asked'))
  await sqs.call('setDown', { down: false })
  const begun = performance.now()
  await sqs.call('until', 1)
  const first = performance.now() - begun
  await sqs.call('until', count)
  await sqs.call('check')
  await close()
  return { 'CPU ms a second': cpu / 1_000 / seconds, 'calls a second': calls / seconds, 'ms until one is sent': first }
}

async function restart(bench: Bench, { count, kept }: { count: number; kept: boolean }): Promise<Sample> {
  const { sqs, server, startMs, close } = await start(bench, { pending: count, kept })
  const begun = performance.now()
  await sqs.call('until', count)
  const seconds = (startMs + performance.now() - begun) / 1_000
  const blocked = await server.call('blockedMs')
  const { SendMessageBatch: _sends, ...others } = await sqs.call('asked')
  await sqs.call('check')
  await close()
  return { 'longest block ms': blocked, 'other calls than sends': total(others), 'seconds until all are sent': seconds }
}

interface StartOptions {
  /** Instances that publish, each to its own queue. */
  instances?: string[]
  /** Events that are pending at the start, each in a queue of its own. */
  pending?: number
  /** True if the database knows these queues from an earlier run. */
  kept?: boolean
  delayMs?: number
  /** True while SQS cannot be reached. */
  down?: boolean
}

async function start(
  bench: Bench,
  { instances = [], pending = 0, kept = false, delayMs = 0, down = false }: StartOptions
): Promise<{ sqs: Peer<FakeSqs>; server: Peer<QueuesServer>; startMs: number; close: () => Promise<void> }> {
  const folder = bench.folder()
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  await sqs.call('begin', { sender: await sqs.call('open', { ordered: true }), delayMs })
  await sqs.call('setDown', { down })
  await seed({ folder, count: pending, endpoint: kept ? endpoint : undefined })
  const server = bench.start<QueuesServer>(new URL('queues-server.ts', import.meta.url))
  await server.cpu()
  const begun = performance.now()
  await server.call('start', { folder, endpoint, instances })
  const startMs = performance.now() - begun
  const close = async () => {
    await Promise.all([server.close(), sqs.close()])
  }
  return { sqs, server, startMs, close }
}

/** Writes a log with so many pending events, each in a queue of its own. @param endpoint of an SQS that has these queues */
async function seed({ folder, count, endpoint }: { folder: string; count: number; endpoint: string | undefined }) {
  const store = new SqliteStore({ path: join(folder, 'events.db') })
  const names = new QueueNames({
    type: 'fifo',
    prefix: 'global',
    singleQueue: false,
    keys: EVOLUTION_EVENTS.map((event) => eventKey(event))
  })
  const envelope = JSON.stringify({ server_url: serverUrl, date_time: new Date().toISOString(), sender })
  for (let done = 0; done < count; done += CHUNK) {
    const events = Array.from({ length: Math.min(CHUNK, count - done) }, (_, index) => {
      const place = done + index
      const instance = `bench-${Math.floor(place / EVENTS.length)}`
      const event = EVENTS[place % EVENTS.length] as string
      const id = randomUUID()
      return {
        instance,
        id,
        event,
        data: JSON.stringify({ n: 1, at: 0, ...data }),
        traceparent: undefined,
        envelope: `${envelope.slice(1, -1)},"id":"${id}"`,
        extra: '',
        flags: 0,
        queues: [names.own(instance, eventKey(event))]
      }
    })
    await store.log.append(events)
    if (endpoint === undefined) continue
    const service = `${new URL(endpoint).host} ${REGION}`
    const known = events.flatMap(({ queues }) => queues)
    await Promise.all(
      known.map((name) =>
        store.queues.keep({ name, service, url: `${endpoint}/000000000000/${name}`, maxBytes: 1_048_576 })
      )
    )
  }
  await store.close()
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
