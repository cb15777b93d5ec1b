import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import { follow } from '../latency/follow.ts'
import { instanceNames } from '../sqs/sender.ts'
import { seed } from './seed.ts'
import type { GrowthServer } from './server.ts'

const ALL = instanceNames(100)

/** Events a second that one socket receives while it replays the whole log: of all instances, or of one in a hundred. */
export async function replay(bench: Bench): Promise<Comparison> {
  const count = bench.quick ? 20_000 : 200_000
  const folder = bench.folder()
  await seed({ folder, count, instances: ALL, queues: [] })
  const server = bench.start<GrowthServer>(new URL('server.ts', import.meta.url))
  const port = await server.call('listen', { folder, instances: ALL, sockets: true })
  const sides = [
    { name: 'of all instances', run: () => catchUp(port, { namespace: '', count }) },
    { name: 'of one in 100', run: () => catchUp(port, { namespace: ALL[0] as string, count: count / ALL.length }) }
  ]
  const comparison = await compare(`replay of ${count.toLocaleString('en')} events`, bench.quick ? 2 : 5, sides)
  await server.close()
  return comparison
}

async function catchUp(port: number, { namespace, count }: { namespace: string; count: number }): Promise<Sample> {
  const begun = performance.now()
  const resumed = Promise.withResolvers<string>()
  let received = 0
  let last = 0
  const socket = await follow({
    port,
    namespace,
    offset: 0,
    onEvent(text) {
      if (text.includes('["resumed"')) return resumed.resolve(text)
      const offset = Number(/"offset":(\d+)\}\]$/.exec(text)?.[1])
      if (!(offset > last)) resumed.reject(new Error(`After offset ${last} came ${offset}`))
      last = offset
      received++
    },
    onError: resumed.reject
  })
  await resumed.promise
  const seconds = (performance.now() - begun) / 1_000
  socket.close()
  if (received !== count) throw new Error(`${count} events are in the log, ${received} came`)
  return { 'events/s': count / seconds, ms: seconds * 1_000 }
}
