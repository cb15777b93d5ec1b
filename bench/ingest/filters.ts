import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison } from '../harness/compare.ts'
import { FILTERS } from '../websocket/doors.ts'
import type { FanOutServer } from '../websocket/fan-out-server.ts'
import type { Following } from './following.ts'
import { INSTANCE } from './ingest-server.ts'
import type { LoadProcess } from './load.ts'

const SOCKETS = 100
const SCENARIO = { size: '0.8 kB', perRequest: 1, connections: 64 } as const

/** What an event costs with filters of a selection or of sockets, or with a member left out, beside none of these. */
export default async function filters(bench: Bench): Promise<Comparison[]> {
  const [rounds, requests] = bench.quick ? [2, 200] : [7, 2_000]
  const load = bench.start<LoadProcess>(new URL('load.ts', import.meta.url))
  const sides = []
  for (const { name, selection, filters: own = false } of FILTERS) {
    const server = bench.start<FanOutServer>(new URL('../websocket/ours.ts', import.meta.url))
    const sockets = bench.start<Following>(new URL('following.ts', import.meta.url))
    const port = await server.call('listen', {
      namespaces: [INSTANCE],
      folder: bench.folder(),
      ...(selection && { selection })
    })
    await sockets.call('connect', { port, sockets: SOCKETS, filters: own })
    const run = async () => {
      const cpuBefore = await server.cpu()
      const { seconds, p99Ms } = await load.call('run', { ...SCENARIO, port, requests })
      await sockets.call('until', requests * SOCKETS)
      const cpu = (await server.cpu()) - cpuBefore
      return { 'events/s': requests / seconds, 'CPU µs/event': cpu / requests, 'p99 ms': p99Ms }
    }
    await run()
    sides.push({ name, run })
  }
  return [await compare(`0.8 kB, one a request, ${SOCKETS} sockets`, rounds, sides)]
}
