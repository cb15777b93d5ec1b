import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { CapacityInputs } from './inputs.ts'
import { inputsTable, limitsTable, lossTable, SIZES, sizesTable } from './tables.ts'

/**
 * `node bench/capacity/plan.ts [--instances 100000 --events 20000 --sockets 100000 --queues 1 --hours 24] [--inputs results.json]`:
 * nodes, cores and bytes for a workload, or the tables of docs/capacity.md. By the inputs in `inputs.json`, or by those that
 * `npm run bench capacity -- --json results.json` wrote.
 */
const { values } = parseArgs({
  options: {
    inputs: { type: 'string' },
    instances: { type: 'string' },
    events: { type: 'string', default: '0' },
    sockets: { type: 'string', default: '0' },
    queues: { type: 'string', default: '1' },
    hours: { type: 'string', default: '24' }
  }
})
const inputs = values.inputs
  ? (read(values.inputs) as { reports: { capacity: CapacityInputs } }).reports.capacity
  : (read(new URL('inputs.json', import.meta.url)) as CapacityInputs)
const workload = values.instances && {
  instances: Number(values.instances),
  eventsPerSecond: Number(values.events),
  sockets: Number(values.sockets),
  queuesPerEvent: Number(values.queues),
  retentionHours: Number(values.hours)
}
if (!workload) console.log(`${inputsTable(inputs)}\n`)
console.log(`${sizesTable(inputs, workload ? [workload] : SIZES)}`)
if (!workload) console.log(`\n${limitsTable(inputs)}\n\n${lossTable(inputs)}`)

function read(path: string | URL): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
