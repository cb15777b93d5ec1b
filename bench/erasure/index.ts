import { join } from 'node:path'
import { erasureSteps } from '../../lib/erasure/steps.ts'
import type { ErasureReply } from '../../lib/schemas/erasure.ts'
import { drop, newPlace, noDatabase, type Place } from '../cluster/database.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Peer } from '../harness/peer.ts'
import { API_KEY } from '../latency/live-server.ts'
import type { Tenant } from '../latency/tenant.ts'
import type { ErasureServer } from './server.ts'

const EVENTS = Number(process.env.BENCH_ERASURE_EVENTS ?? 1_000_000)
const VICTIM = 'victim'
const ERASED = 'erased'
const PER_SECOND = 100

/** What an erasure over a long log costs another instance, which posts 100 events a second meanwhile, beside what it waits alone. */
export default async function erasure(bench: Bench): Promise<Comparison[]> {
  const file = { url: `file:${join(bench.folder(), 'events.db')}`, schema: '' }
  const onSqlite = await measure(bench, 'SQLite', file)
  const missing = await noDatabase()
  if (missing !== undefined) {
    console.warn(`an erasure on PostgreSQL: skipped, ${missing}`)
    return [onSqlite]
  }
  const place = newPlace()
  try {
    return [onSqlite, await measure(bench, 'PostgreSQL', place)]
  } finally {
    await bench.close()
    await drop(place)
  }
}

interface Parties {
  server: Peer<ErasureServer>
  port: number
  tenant: Peer<Tenant>
  /** Milliseconds for which the victim posts at a time. */
  ms: number
}

async function measure(bench: Bench, store: string, place: Place): Promise<Comparison> {
  const [rounds, ms] = bench.quick ? [1, 1_000] : [3, 5_000]
  const events = bench.quick ? Math.min(EVENTS, 20_000) : EVENTS
  const server = bench.start<ErasureServer>(new URL('server.ts', import.meta.url))
  const port = await server.call('listen', place)
  await server.call('fill', ERASED, events)
  await server.call('select', VICTIM)
  const tenant = bench.start<Tenant>(new URL('../latency/tenant.ts', import.meta.url))
  await tenant.call('connect', { port, instance: VICTIM })
  const parties = { server, port, tenant, ms }
  const quiet = () => posting(parties, Promise.resolve())
  await quiet()
  let number = 0
  const comparison = await compare(`an erasure over ${events.toLocaleString('en')} events, ${store}`, rounds, [
    { name: 'with it', run: () => erasing(parties, { events, number: number++ }) },
    { name: 'alone', run: quiet }
  ])
  await Promise.all([server.close(), tenant.close()])
  return comparison
}

/** Erases the events of another contact each time, since erased events are skipped. */
async function erasing(parties: Parties, { events, number }: { events: number; number: number }): Promise<Sample> {
  const begun = performance.now()
  let seconds = 0
  const work = erase(parties.port, 5_511_900_000_000 + number).then((reply) => {
    seconds = (performance.now() - begun) / 1_000
    return reply
  })
  const sample = await posting(parties, work)
  const { examined, erased } = await work
  if (examined !== events || erased !== events / 100)
    throw new Error(`${erased} of ${events / 100} events are erased, ${examined} of ${events} were examined`)
  return { ...sample, 'seconds of the erasure': seconds }
}

/** Posts as the victim until the erasure is done. @returns the worst of its latencies */
async function posting({ server, tenant, ms }: Parties, work: Promise<unknown>): Promise<Sample> {
  const pending = Symbol('pending')
  await server.stalls()
  const samples: Sample[] = []
  do samples.push(await tenant.call('post', { perSecond: PER_SECOND, ms }))
  while ((await Promise.race([work, pending])) === pending)
  const { maxMs, p99Ms } = await server.stalls()
  const most = (measure: string) => Math.max(...samples.map((sample) => sample[measure] ?? Number.NaN))
  return {
    'HTTP p99 ms': most('HTTP p99 ms'),
    'socket p99 ms': most('socket p99 ms'),
    'block p99 ms': p99Ms,
    'longest block ms': maxMs
  }
}

async function erase(port: number, phone: number): Promise<ErasureReply> {
  const send = async (body: object) => {
    const headers = { apikey: API_KEY, 'content-type': 'application/json' }
    const url = `http://127.0.0.1:${port}/events/${ERASED}/erase`
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!reply.ok) throw new Error(`An erasure was answered ${reply.status}`)
    return (await reply.json()) as ErasureReply
  }
  let done: ErasureReply | undefined
  for await (const total of erasureSteps({ jid: `${phone}@s.whatsapp.net` }, send)) done = total
  return done as ErasureReply
}
