import t from 'tap'
import { addNodeGauges } from '../../lib/operation/node-gauges.ts'
import { Metrics } from '../../lib/telemetry/metrics.ts'
import { PARTITIONS } from '../../lib/store/partitions.ts'
import { build } from '../support/build.ts'
import { havePostgres, openNode, startPostgres, startPostgresProxy } from '../support/postgres.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** What this node's gauges show, in the order of the code. */
async function gauges(metrics: Metrics): Promise<Record<string, number>> {
  const all = await metrics.registry().then((registry) => registry.getMetricsAsJSON())
  const own = all.filter(({ name }) => name.startsWith('iev_node_'))
  return Object.fromEntries(own.map(({ name, values }) => [name.slice(9), values[0]?.value ?? Number.NaN]))
}

t.test('on SQLite the gauges show one node that has all partitions', async (t) => {
  const server = await build(t, { sqs: false })
  await server.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
  const alone = { database_connected: 1, nodes: 1, partitions: PARTITIONS, tail_lag_events: 0, tail_lag_seconds: 0 }
  t.strictSame(await gauges(server.eventLog.metrics), alone)
})

t.test('the gauges of a node are in base units', async (t) => {
  const status = { connected: false, nodes: 3, partitions: 85, head: 1_200, position: 900, lagMs: 1_500 }
  const metrics = new Metrics()
  // No real one can be held at these numbers.
  addNodeGauges(metrics, { status: () => status })
  const shown = { database_connected: 0, nodes: 3, partitions: 85, tail_lag_events: 300, tail_lag_seconds: 1.5 }
  t.strictSame(await gauges(metrics), shown)
})

t.test('on PostgreSQL nodes share the partitions, and the gauges of a node that is cut off show it', async (t) => {
  if (!(await havePostgres(t))) return
  const postgres = await startPostgres(t)
  const sqs = (await startSqs(t)).options
  const { proxy, url } = await startPostgresProxy(t)
  const one = await build(t, { sqs, eventLog: { store: await openNode(t, postgres) } })
  const other = await build(t, { sqs, eventLog: { store: await openNode(t, { ...postgres, url }) } })
  const both = () => Promise.all([one, other].map((server) => gauges(server.eventLog.metrics)))
  const even = { database_connected: 1, nodes: 2, partitions: PARTITIONS / 2, tail_lag_events: 0, tail_lag_seconds: 0 }
  const shares = async (wanted: object[]) => JSON.stringify(await both()) === JSON.stringify(wanted)
  await until(() => shares([even, even]))
  proxy.target = 'http://127.0.0.1:1'
  proxy.drop(() => true)
  await until(async () => (await both()).map((shown) => shown.database_connected).join() === '1,0')
  const { body, statusCode } = await other.inject('/metrics')
  t.equal(statusCode, 200)
  t.notMatch(body, /^iev_sqs_dead_letters /m, 'what only the database knows is left out')
  t.match(body, /^iev_sqs_pending 0$/m)
  await until(async () => (await both()).map(({ partitions }) => partitions).join() === `${PARTITIONS},0`)
})
