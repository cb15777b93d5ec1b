import { setTimeout } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Clients } from './clients.ts'
import { type Contestant, CONTESTANTS } from './contestants.ts'
import type { FanOutServer } from './fan-out-server.ts'

const SOCKETS = 2_000
/** Sockets that connect and disconnect first, so that memory which is allocated once is not counted. */
const WARM_UP = 100
/** Milliseconds in which connections settle, or end. */
const SETTLE_MS = 300

/** Memory of a server for each idle socket; each time in a fresh process. */
export function idleMemory(bench: Bench): Promise<Comparison> {
  const sides = CONTESTANTS.map((contestant) => ({ name: contestant.name, run: () => measure(bench, contestant) }))
  return compare(`${SOCKETS.toLocaleString('en')} idle sockets`, bench.quick ? 1 : 5, sides)
}

async function measure(bench: Bench, { module, protocol }: Contestant): Promise<Sample> {
  const namespaces = ['bench']
  const clients = bench.start<Clients>(new URL('clients.ts', import.meta.url))
  const server = bench.start<FanOutServer>(module, '--expose-gc')
  const port = await server.call('listen', { namespaces, folder: bench.folder() })
  const warmUp = await clients.call('connect', { port, protocol, namespaces, sockets: WARM_UP })
  await clients.call('close', warmUp)
  await setTimeout(SETTLE_MS)
  const before = await server.memory()
  await clients.call('connect', { port, protocol, namespaces, sockets: SOCKETS })
  await setTimeout(SETTLE_MS)
  const after = await server.memory()
  await Promise.all([clients.close(), server.close()])
  const heap = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external
  return {
    'bytes of heap/socket': (heap(after) - heap(before)) / SOCKETS,
    'bytes of RSS/socket': (after.rss - before.rss) / SOCKETS
  }
}
