import t from 'tap'
import { Counter, Histogram } from '../../lib/telemetry/instruments.ts'
import { Metrics } from '../../lib/telemetry/metrics.ts'

t.test('counts from before and after a request for metrics are written in the text format of Prometheus', async (t) => {
  const metrics = new Metrics()
  metrics.accepted.inc({ event: 'call' })
  metrics.accepted.inc({ event: 'qrcode "x"' }, 2)
  metrics.duplicates.inc()
  metrics.commitOperations.observe(2)
  metrics.commitOperations.observe(3)
  metrics.commitOperations.observe(1_001)
  const registry = await metrics.registry()
  metrics.accepted.inc({ event: 'call' })
  metrics.gauge('later', 'Registered later', () => 7)
  metrics.gauge('unknown', 'Cannot be told', async () => {
    throw new Error('the database is away')
  })
  t.equal(await metrics.registry(), registry, 'there is one registry')
  const text = await registry.metrics()
  const blocks = text.split('\n\n').map((block) => block.trim().split('\n'))
  const block = (name: string) => blocks.find(([help]) => help?.startsWith(`# HELP ${name} `))?.slice(1)
  t.strictSame(block('iev_events_accepted_total'), [
    '# TYPE iev_events_accepted_total counter',
    'iev_events_accepted_total{event="call"} 2',
    String.raw`iev_events_accepted_total{event="qrcode \"x\""} 2`
  ])
  t.strictSame(block('iev_events_duplicate_total'), [
    '# TYPE iev_events_duplicate_total counter',
    'iev_events_duplicate_total 1'
  ])
  const bucket = (le: string, count: number) => `iev_store_commit_operations_bucket{le="${le}"} ${count}`
  t.strictSame(block('iev_store_commit_operations'), [
    '# TYPE iev_store_commit_operations histogram',
    bucket('1', 0),
    bucket('2', 1),
    ...['5', '10', '25', '50', '100', '250', '500', '1000'].map((le) => bucket(le, 2)),
    bucket('+Inf', 3),
    'iev_store_commit_operations_sum 1006',
    'iev_store_commit_operations_count 3'
  ])
  t.strictSame(block('later'), ['# TYPE later gauge', 'later 7'])
  t.strictSame(block('unknown'), ['# TYPE unknown gauge'])
})

t.test('a counter with labels starts without a sample, a counter without labels at 0', async (t) => {
  const plain = new Counter({ name: 'a', help: 'A', labelNames: [] })
  const labelled = new Counter({ name: 'b', help: 'B', labelNames: ['code', 'kind'] })
  t.strictSame((await plain.get()).values, [{ labels: {}, value: 0 }])
  t.strictSame((await labelled.get()).values, [])
  labelled.inc({ code: 'x', kind: 'y' })
  labelled.inc({ code: 'x', kind: 'z' }, 4)
  t.equal(labelled.total, 5)
})

t.test('a timer observes seconds', async (t) => {
  const histogram = new Histogram({ name: 'c', help: 'C', upTo: [60] })
  histogram.startTimer()()
  t.match((await histogram.get()).values, [{ value: 1 }, { value: 1 }, { value: Number }, { value: 1 }])
})
