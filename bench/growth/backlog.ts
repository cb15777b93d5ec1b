import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames, SHARED_QUEUE } from '../sqs/sender.ts'
import { seed } from './seed.ts'
import type { GrowthServer } from './server.ts'

const INSTANCES = instanceNames(100)
/** Before the rate is measured: the process has just begun. */
const FIRST = 4_000
const MEASURED = 5_000
const MIB = 2 ** 20

/** A start with much to send: how fast it is sent, and what memory that takes, beside a start with nothing. */
export function backlog(bench: Bench): Promise<Comparison> {
  const counts = bench.quick ? [100_000, 0] : [1_000_000, 0, 10_000, 100_000]
  const name = (count: number) => `${count.toLocaleString('en')} pending`
  const sides = counts.map((count) => ({ name: name(count), run: () => start(bench, count) }))
  return compare(`${name(counts[0] ?? 0)} at the start`, bench.quick ? 1 : 3, sides)
}

async function start(bench: Bench, pending: number): Promise<Sample> {
  const folder = bench.folder()
  await seed({ folder, count: pending, instances: INSTANCES, queues: [SHARED_QUEUE] })
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  await sqs.call('begin', { sender: await sqs.call('open', { ordered: true }), delayMs: 0 })
  const server = bench.start<GrowthServer>(new URL('server.ts', import.meta.url), '--expose-gc')
  await server.call('listen', { folder, instances: INSTANCES, endpoint, sockets: false })
  // With nothing pending new events are sent, as many.
  const published = pending === 0 ? server.call('publish', FIRST + MEASURED) : undefined
  await sqs.call('until', FIRST)
  const begun = performance.now()
  await sqs.call('until', FIRST + MEASURED)
  const seconds = (performance.now() - begun) / 1_000
  await published
  const { rss } = await server.memory()
  await sqs.call('check')
  await Promise.all([server.close(), sqs.close()])
  return { 'events/s': MEASURED / seconds, 'RSS MiB': rss / MIB }
}
