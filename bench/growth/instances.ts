import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import type { Listeners } from '../latency/listeners.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { GrowthServer } from './server.ts'

/** The largest number is compared with the others. */
const COUNTS = [10_000, 10, 100, 1_000]

interface Party {
  name: string
  server: Peer<GrowthServer>
  /** Of the sender, at SQS's end. */
  number: number | undefined
}

/** What an event takes with many instances: logged, sent to SQS, and also shown to a socket on `/`. */
export async function instances(bench: Bench): Promise<Comparison[]> {
  const shapes = [
    { title: 'logged', queue: false, sockets: false },
    { title: 'logged, to a queue', queue: true, sockets: false },
    { title: 'logged, to a queue and a socket', queue: true, sockets: true }
  ]
  const comparisons: Comparison[] = []
  for (const shape of bench.quick ? shapes.slice(2) : shapes) comparisons.push(await measure(bench, shape))
  return comparisons
}

async function measure(
  bench: Bench,
  { title, queue, sockets }: { title: string; queue: boolean; sockets: boolean }
): Promise<Comparison> {
  const [rounds, runMs, warmUpMs] = bench.quick ? [2, 200, 300] : [7, 1_000, 3_000]
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  const listeners = bench.start<Listeners>(new URL('../latency/listeners.ts', import.meta.url))
  const parties: Party[] = []
  for (const count of COUNTS) {
    const server = bench.start<GrowthServer>(new URL('server.ts', import.meta.url))
    const port = await server.call('listen', {
      folder: bench.folder(),
      instances: instanceNames(count),
      ...(queue && { endpoint }),
      sockets
    })
    if (sockets) await listeners.call('connect', { port, namespaces: [''] })
    const number = queue ? await sqs.call('open', { ordered: true }) : undefined
    parties.push({ name: `${count.toLocaleString('en')} instances`, server, number })
  }
  const run = async ({ server, number }: Party, ms: number): Promise<Sample> => {
    if (number !== undefined) await sqs.call('begin', { sender: number, delayMs: 0 })
    if (sockets) await listeners.call('begin')
    const cpuBefore = await server.cpu()
    const count = await server.call('run', ms)
    if (number !== undefined) await sqs.call('until', count)
    if (sockets) await listeners.call('until', count)
    await server.call('settled')
    const cpu = (await server.cpu()) - cpuBefore
    const { received } = await sqs.call('check')
    if (number !== undefined && received !== count) throw new Error(`${count} were published, ${received} came`)
    return { 'CPU µs/event': cpu / count }
  }
  for (const party of parties) await run(party, warmUpMs)
  const sides = parties.map((party) => ({ name: party.name, run: () => run(party, runMs) }))
  const comparison = await compare(`10,000 instances, ${title}`, rounds, sides)
  await Promise.all([sqs, listeners, ...parties.map(({ server }) => server)].map((peer) => peer.close()))
  return comparison
}
