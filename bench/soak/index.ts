import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../harness/bench.ts'
import type { Peer } from '../harness/peer.ts'
import { API_KEY } from '../latency/live-server.ts'
import type { FakeSqs } from '../sqs/fake-sqs.ts'
import { instanceNames } from '../sqs/sender.ts'
import type { SoakLoad } from './load.ts'
import { processMemory } from './process-memory.ts'
import type { SoakServer } from './server.ts'
import { slope } from './slope.ts'

const INSTANCES = instanceNames(200)
/** So many have a queue of their own beside the shared one. */
const OWN_QUEUES = 20
const LOAD = { eventsPerSecond: 200, sockets: 400, comingPerSecond: 10 }
const DELAY_MS = 10
const MINUTE_MS = 60_000
/** Memory is the least of the samples of a minute: what is left after garbage collections. */
const SAMPLE_MS = 2_000
const MIB = 2 ** 20
/** Minutes of a run whose second half tells by how much memory grows. */
const LEAST_MINUTES = 4
/** A growth of less than this a minute is within what the last minutes vary. */
const PLATEAU_MIB = 0.1

export type SoakMinute = Awaited<ReturnType<typeof measure>>

/**
 * The standalone server on SQLite for an hour, with steady work: a line a minute, in MiB, and at the end by how much
 * memory still grows. @throws an event was refused, missing or out of order
 */
export default async function soak(bench: Bench, { minutes }: { minutes: number }): Promise<object> {
  const sqs = bench.start<FakeSqs>(new URL('../sqs/fake-sqs.ts', import.meta.url))
  const endpoint = await sqs.call('listen')
  const sender = await sqs.call('open', { ordered: true })
  const server = bench.start<SoakServer>(new URL('server.ts', import.meta.url))
  const folder = bench.folder()
  const { port, pid } = await server.call('listen', folder, settings(folder, endpoint))
  await select(`http://127.0.0.1:${port}`)
  const load = bench.start<SoakLoad>(new URL('load.ts', import.meta.url))
  await load.call('begin', { port, instances: INSTANCES, ...LOAD })
  const lines: SoakMinute[] = []
  const begun = performance.now()
  for (let minute = 1; minute <= minutes; minute++) {
    await sqs.call('begin', { sender, delayMs: DELAY_MS })
    const line = await measure({ server, pid, folder, minute, endMs: begun + minute * MINUTE_MS })
    const { connected, received, resumed } = await load.call('check')
    const { received: queued } = await sqs.call('check')
    lines.push(line)
    if (minute === 1) console.log(Object.keys({ ...line, connected, received, resumed, queued }).join('\t'))
    console.log([...Object.values(line), connected, received, resumed, queued].join('\t'))
  }
  await load.call('end')
  return summary(lines)
}

function settings(folder: string, endpoint: string): Record<string, string> {
  return {
    AUTHENTICATION_API_KEY: API_KEY,
    DATABASE_URL: `file:${join(folder, 'events.db')}`,
    // Reached after some minutes, so that events are also removed.
    EVENT_RETENTION_MAX_BYTES: String(64 * MIB),
    SQS_ENDPOINT: endpoint,
    SQS_ACCESS_KEY_ID: 'a',
    SQS_SECRET_ACCESS_KEY: 'b',
    SQS_GLOBAL_EVENTS: 'MESSAGES_UPSERT',
    LOG_LEVEL: 'error'
  }
}

async function select(url: string): Promise<void> {
  for (const [index, instance] of INSTANCES.entries()) {
    for (const transport of index < OWN_QUEUES ? ['websocket', 'sqs'] : ['websocket']) {
      const { status } = await fetch(`${url}/${transport}/set/${instance}`, {
        method: 'POST',
        headers: { apikey: API_KEY, 'content-type': 'application/json' },
        body: JSON.stringify({ enabled: true, events: ['MESSAGES_UPSERT'] })
      })
      if (status !== 201) throw new Error(`A selection was answered ${status}`)
    }
  }
}

interface Measured {
  server: Peer<SoakServer>
  pid: number
  folder: string
  minute: number
  endMs: number
}

async function measure({ server, pid, folder, minute, endMs }: Measured) {
  const least = {
    rss: Infinity,
    heapUsed: Infinity,
    heapTotal: Infinity,
    young: Infinity,
    external: Infinity,
    arrayBuffers: Infinity
  }
  const [cpu, begun] = [await server.cpu(), performance.now()]
  do {
    await pause(Math.max(0, Math.min(SAMPLE_MS, endMs - performance.now())))
    const usage = await server.call('usage')
    for (const name of Object.keys(least) as (keyof typeof least)[]) least[name] = Math.min(least[name], usage[name])
  } while (performance.now() < endMs)
  const share = ((await server.cpu()) - cpu) / 1e3 / (performance.now() - begun)
  const { malloc, files, descriptors } = processMemory(pid)
  const mib = (bytes: number) => Number((bytes / MIB).toFixed(2))
  return {
    minute,
    RSS: mib(least.rss),
    malloc: mib(malloc),
    files: mib(files),
    heapUsed: mib(least.heapUsed),
    heapTotal: mib(least.heapTotal),
    young: mib(least.young),
    external: mib(least.external),
    arrayBuffers: mib(least.arrayBuffers),
    WAL: mib(sizeOf(join(folder, 'events.db-wal'))),
    log: mib(sizeOf(join(folder, 'events.db'))),
    fds: descriptors,
    'CPU %': Number((100 * share).toFixed(1))
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function summary(lines: readonly SoakMinute[]): object {
  if (lines.length < LEAST_MINUTES) {
    console.log(`Whether memory still grows is not known: that takes ${LEAST_MINUTES} minutes or more`)
    return { lines }
  }
  const half = lines.slice(Math.floor(lines.length / 2))
  const growth = slope(half.map(({ RSS }) => RSS))
  console.log(
    `RSS in the last ${half.length} minutes: ${growth.toFixed(3)} MiB a minute (malloc ` +
      `${slope(half.map(({ malloc }) => malloc)).toFixed(3)}, heap ${slope(half.map(({ heapUsed }) => heapUsed)).toFixed(3)}): ` +
      (growth < PLATEAU_MIB ? 'the plateau is reached' : 'it still grows')
  )
  return { lines, growth }
}
