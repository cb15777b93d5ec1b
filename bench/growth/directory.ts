import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { API_KEY } from '../latency/live-server.ts'
import type { DirectoryServer } from './directory-server.ts'

const REQUESTS = {
  'all at once': '',
  'a page': '?limit=100&after=sao%20paulo%205',
  'a search without a match': '?search=nobody'
}
const MIB = 2 ** 20

/**
 * The cost of `GET /instance/fetchInstances` for other requests: how long it blocks the event loop, and the memory of the
 * process.
 */
export async function directory(bench: Bench): Promise<Comparison> {
  const counts = bench.quick ? [100_000, 1_000] : [100_000, 1_000, 1_000_000]
  const name = (count: number) => `${count.toLocaleString('en')} instances`
  const parties = await Promise.all(
    counts.map(async (count) => {
      const server = bench.start<DirectoryServer>(new URL('directory-server.ts', import.meta.url), '--expose-gc')
      return { name: name(count), server, port: await server.call('listen', count) }
    })
  )
  const sides = parties.map(({ name, server, port }) => ({ name, run: () => ask(server, port) }))
  const comparison = await compare(`fetchInstances of ${name(counts[0] ?? 0)}`, bench.quick ? 1 : 3, sides)
  await Promise.all(parties.map(({ server }) => server.close()))
  return comparison
}

async function ask(server: Peer<DirectoryServer>, port: number): Promise<Sample> {
  const sample: Record<string, number> = {}
  for (const [what, query] of Object.entries(REQUESTS)) {
    await server.memory()
    await server.call('begin')
    const reply = await fetch(`http://127.0.0.1:${port}/instance/fetchInstances${query}`, {
      headers: { apikey: API_KEY }
    })
    await reply.body?.pipeTo(new WritableStream())
    const { blockedMs, rss } = await server.call('end')
    if (!reply.ok) throw new Error(`fetchInstances answered ${reply.status}`)
    sample[`${what}: block ms`] = blockedMs
    sample[`${what}: RSS MiB`] = rss / MIB
  }
  return sample
}
