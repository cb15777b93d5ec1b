import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Bench } from './harness/bench.ts'
import { chart } from './harness/chart.ts'
import type { Comparison } from './harness/compare.ts'
import { machine } from './harness/machine.ts'
import { table } from './harness/table.ts'
import bodies from './bodies/index.ts'
import capacity from './capacity/index.ts'
import consoleBench from './console/index.ts'
import cluster from './cluster/index.ts'
import erasure from './erasure/index.ts'
import filters from './ingest/filters.ts'
import growth from './growth/index.ts'
import history from './growth/history.ts'
import ingest from './ingest/index.ts'
import limits from './ingest/limits.ts'
import latency from './latency/index.ts'
import soak from './soak/index.ts'
import sqs from './sqs/index.ts'
import start from './start/index.ts'
import store from './store/index.ts'
import { storms } from './storm/index.ts'
import websocket from './websocket/index.ts'

/**
 * `npm run bench [name...] [-- --quick] [--json file] [--chart file.svg]`: ours beside its peers, in turn, in one run.
 * Exits with 1 if the work was wrong or incomplete, but not because of a measured number.
 */
const BENCHMARKS: Record<string, (bench: Bench) => Promise<Comparison[]>> = {
  ingest,
  filters,
  limits,
  store,
  sqs,
  websocket,
  latency,
  growth,
  start,
  bodies,
  cluster,
  erasure,
  history,
  storm: storms
}

/** They have no peer, and print what they measure. They run only by name. */
const REPORTS: Record<string, (bench: Bench, options: { minutes: number }) => Promise<object>> = {
  soak,
  capacity,
  console: consoleBench
}

/** They need a PostgreSQL, write a large log, or are part of another. */
const NAMED_ONLY = new Set(['cluster', 'erasure', 'history', 'storm'])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    chart: { type: 'string' },
    minutes: { type: 'string', default: '60' }
  }
})
const known = [...Object.keys(BENCHMARKS), ...Object.keys(REPORTS)]
const unknown = positionals.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}: there are ${known.join(', ')}`)
  process.exit(2)
}
const minutes = Number(values.minutes)
if (!Number.isInteger(minutes) || minutes < 1) {
  console.error(`--minutes takes a whole number from 1 (got "${values.minutes}")`)
  process.exit(2)
}
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS).filter((name) => !NAMED_ONLY.has(name))

let current: Bench | undefined
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143]
] as const) {
  process.on(signal, () => {
    process.exitCode = code
    void (current?.close() ?? Promise.resolve()).finally(() => process.exit())
  })
}

const results: Record<string, Comparison[]> = {}
const reports: Record<string, object> = {}
try {
  for (const name of names) {
    current = new Bench({ quick: values.quick })
    const begun = performance.now()
    const comparisons = await BENCHMARKS[name]?.(current).finally(() => current?.close())
    const report = await REPORTS[name]?.(current, { minutes }).finally(() => current?.close())
    const title = `\n## ${name} (${Math.round((performance.now() - begun) / 1_000)} s)`
    if (comparisons) {
      results[name] = comparisons
      console.log(`${title}\n\n${table(comparisons)}`)
    }
    if (report) {
      reports[name] = report
      console.log(title)
    }
  }
  if (values.json) {
    const report = { date: new Date().toISOString(), quick: values.quick, machine: machine(), results, reports }
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  }
  if (values.chart) writeFileSync(values.chart, chart(results))
} catch (error) {
  // After an interruption, calls to processes that were ended fail, which is not printed.
  if (process.exitCode === undefined) console.error(error)
  process.exitCode ??= 1
}
