import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import { API_KEY } from '../latency/live-server.ts'
import { instanceNames } from '../sqs/sender.ts'
import { seed } from './seed.ts'
import type { GrowthServer } from './server.ts'

const EVENTS = Number(process.env.BENCH_HISTORY_EVENTS ?? 10_000_000)
const RARE = 'rare'
const ABSENT = 'absent'
const BUSY = instanceNames(1_000)

/**
 * The newest page of an instance that has only the first events of a long log, or none, beside one of many events. The
 * database is a file of about 5 GB for 10,000,000 events.
 */
export default async function history(bench: Bench): Promise<Comparison[]> {
  const count = bench.quick ? Math.min(EVENTS, 50_000) : EVENTS
  const folder = bench.folder()
  const dataOf = (n: number) => ({ n })
  await seed({ folder, count: 50, instances: [RARE], queues: [], dataOf })
  await seed({ folder, count, instances: BUSY, queues: [], dataOf })
  const server = bench.start<GrowthServer>(new URL('server.ts', import.meta.url))
  const port = await server.call('listen', { folder, instances: [ABSENT], sockets: true })
  const [busy = ''] = BUSY
  const sides = [
    { name: RARE, instance: RARE, has: true },
    { name: ABSENT, instance: ABSENT, has: false },
    { name: 'many events', instance: busy, has: true }
  ].map(({ name, instance, has }) => ({
    name,
    run: async (): Promise<Sample> => {
      await server.stalls()
      const begun = performance.now()
      const { found, requests } = await newest(port, instance)
      const ms = performance.now() - begun
      const { maxMs } = await server.stalls()
      if (found > 0 !== has) throw new Error(`${instance}: ${found} events came`)
      return { 'block ms': maxMs, 'total ms': ms, requests }
    }
  }))
  for (const { run } of sides) await run()
  const comparison = await compare(`newest page of ${count.toLocaleString('en')} events`, bench.quick ? 2 : 5, sides)
  await server.close()
  return [comparison]
}

/** Asks for pages until one has events, or there are none. */
async function newest(port: number, instance: string): Promise<{ found: number; requests: number }> {
  for (let before = 'latest', requests = 1; ; requests++) {
    const url = `http://127.0.0.1:${port}/events/${instance}?before=${before}`
    const reply = await fetch(url, { headers: { apikey: API_KEY } })
    if (!reply.ok) throw new Error(`A page was answered ${reply.status}`)
    const page = (await reply.json()) as { events: unknown[]; before: number; more: boolean }
    if (page.events.length > 0 || !page.more) return { found: page.events.length, requests }
    before = String(page.before)
  }
}
