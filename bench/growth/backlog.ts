import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames, SHARED_QUEUE } from '../sqs/sender.ts'
import { seed } from './seed.ts'
import type { GrowthServer } from './server.ts'

const INSTANCES = instanceNames(100)
/** Events of the first phase, in which a start also reads the log, and of the second one. */
const FIRST = 20_000
const THEN = 60_000
const MIB = 2 ** 20

/** Compares a start with many pending events to a start with none: how fast they are sent, and the memory that this takes. */
export function backlog(bench: Bench): Promise<Comparison> {
  const counts = bench.quick ? [100_000, 0] : [1_000_000, 0, 100_000]
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
  const started = performance.now()
  await server.call('listen', { folder, instances: INSTANCES, endpoint, sockets: false })
  // Without pending events, as many new ones are sent.
  const published = pending === 0 ? server.call('publish', FIRST + THEN) : undefined
  await sqs.call('until', 1)
  const untilSent = performance.now() - started
  const { rss } = await server.memory()
  const phase = async (name: string, { from, to }: { from: number; to: number }): Promise<Sample> => {
    const cpuBefore = await server.cpu()
    const begun = performance.now()
    await sqs.call('until', to)
    const seconds = (performance.now() - begun) / 1_000
    const cpu = (await server.cpu()) - cpuBefore
    return { [`events/s, ${name}`]: (to - from) / seconds, [`CPU µs/event, ${name}`]: cpu / (to - from) }
  }
  const rates = {
    ...(await phase('the first 20,000', { from: 1, to: FIRST })),
    ...(await phase('the next 60,000', { from: FIRST, to: FIRST + THEN }))
  }
  await published
  await sqs.call('check')
  await Promise.all([server.close(), sqs.close()])
  return {
    'ms until one is sent': untilSent,
    'RSS MiB then': rss / MIB,
    ...rates
  }
}
