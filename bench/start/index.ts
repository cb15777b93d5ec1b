import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AppOptions } from '../../app.ts'
import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison, type Sample } from '../harness/compare.ts'
import { API_KEY } from '../latency/live-server.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url))

const OFF = { sqs: false, websocket: false, docs: false, console: false } as const
const CONFIGURATIONS: Record<string, Partial<AppOptions>> = {
  'event log and routes': OFF,
  'with SQS': { ...OFF, sqs: { region: 'us-east-1' } },
  'with WebSocket': { ...OFF, websocket: {} },
  'with /docs and console': { ...OFF, docs: true, console: true },
  everything: { sqs: { region: 'us-east-1' } }
}

/** What a host app pays until it is ready, by what is switched on: the built package, in a fresh process each time. */
export default async function start(bench: Bench): Promise<Comparison[]> {
  const PATH = `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: ROOT, env: { ...process.env, PATH } })
  const comparisons: Comparison[] = []
  for (const [scenario, options] of Object.entries(CONFIGURATIONS)) {
    const run = () =>
      measure({ apiKey: API_KEY, eventLog: { url: `file:${join(bench.folder(), 'events.db')}` }, ...options })
    const sides = [
      { name: 'ours', run },
      { name: 'bare Fastify', run: () => measure() }
    ]
    comparisons.push(await compare(scenario, bench.quick ? 1 : 9, sides))
  }
  return comparisons
}

async function measure(options?: AppOptions): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MEASURE,
    ...(options ? [JSON.stringify(options)] : [])
  ])
  return JSON.parse(stdout) as Sample
}
