import { join } from 'node:path'
import { drop, newPlace, noDatabase, type Place } from '../cluster/database.ts'
import type { Node } from '../cluster/node.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import type { Flood } from './flood.ts'
import type { Tenant } from './tenant.ts'

const TENANT = 'tenant'
const NEIGHBOUR = 'neighbour'
const PER_SECOND = 100

/** What the neighbour posts: so many requests in flight, each of so many events of so many bytes. */
const FLOODS = [
  { name: '8 requests of 100 events of 1 kB', connections: 8, perRequest: 100, bytes: 1_000, follows: true },
  { name: '64 requests of an event of 1 kB', connections: 64, perRequest: 1, bytes: 1_000, follows: true },
  { name: '2 requests of an event of 10 MB', connections: 2, perRequest: 1, bytes: 10_000_000, follows: false }
] as const

/** What a tenant that posts 100 events a second waits while another posts as fast as it can, beside what it waits alone. */
export async function neighbour(bench: Bench): Promise<Comparison[]> {
  const onSqlite = await floods(bench, 'SQLite', () => ({
    url: `file:${join(bench.folder(), 'events.db')}`,
    schema: ''
  }))
  const missing = await noDatabase()
  if (missing !== undefined) {
    console.warn(`a neighbour on PostgreSQL: skipped, ${missing}`)
    return onSqlite
  }
  const places: Place[] = []
  try {
    const onPostgres = await floods(bench, 'PostgreSQL', () => {
      const place = newPlace()
      places.push(place)
      return place
    })
    return [...onSqlite, ...onPostgres]
  } finally {
    await bench.close()
    await Promise.all(places.map(drop))
  }
}

async function floods(bench: Bench, store: string, newStore: () => Place): Promise<Comparison[]> {
  const [rounds, ms] = bench.quick ? [1, 2_000] : [5, 5_000]
  const comparisons: Comparison[] = []
  for (const { name, follows, ...flood } of FLOODS) {
    const tenant = bench.start<Tenant>(new URL('tenant.ts', import.meta.url))
    const own = await serverOf(bench, newStore())
    await tenant.call('connect', { port: own.port, instance: TENANT })
    /** The neighbour posts to the tenant's server, or to one of its own: then it takes only processors and disk. */
    const other = await serverOf(bench, newStore())
    const [beside, apart] = await Promise.all(
      [own, other].map(async ({ port }) => {
        const flooding = bench.start<Flood>(new URL('flood.ts', import.meta.url))
        await flooding.call('connect', { port, instance: NEIGHBOUR, follows })
        return flooding
      })
    )
    const alone = () => tenant.call('post', { perSecond: PER_SECOND, ms })
    const during = async (flooding: typeof beside): Promise<Sample> => {
      await flooding?.call('begin', flood)
      const sample = await alone()
      return { ...sample, 'events/s of the neighbour': (await flooding?.call('end')) ?? 0 }
    }
    await alone()
    comparisons.push(
      await compare(`a neighbour that posts flat out, ${store}: ${name}`, rounds, [
        { name: 'with it', run: () => during(beside) },
        { name: 'alone', run: alone },
        { name: 'with it at another server', run: () => during(apart) }
      ])
    )
    await Promise.all([own.server, other.server, tenant, beside, apart].map((peer) => peer?.close()))
  }
  return comparisons
}

async function serverOf(bench: Bench, place: Place) {
  const server = bench.start<Node>(new URL('../cluster/node.ts', import.meta.url))
  const port = await server.call('listen', { instances: [], ...place })
  await server.call('select', [TENANT, NEIGHBOUR])
  return { server, port }
}
