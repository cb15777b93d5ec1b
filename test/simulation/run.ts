import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutate, MUTATIONS, type Mutation } from './mutations.ts'
import { report } from './report.ts'

/**
 * `npm run simulate`: a thousand seeds unless told otherwise (`--seeds 100000`, `--from 5000`). `--seed N` runs this one, and
 * prints what happened; it may be given several times. `--mutations` puts each known fault into the product, and says
 * which seed finds it.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', multiple: true },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1000' },
    mutation: { type: 'string' },
    mutations: { type: 'boolean', default: false }
  }
})
const chosen = values.seed?.map(Number)
const [from, seeds] = [Number(values.from), chosen?.length ?? Number(values.seeds)]
if (![from, ...(chosen ?? [])].every(Number.isInteger) || !(seeds > 0))
  throw new Error('--seed and --from take whole numbers, --seeds one above 0')

if (values.mutations) for (const index of MUTATIONS.keys()) findMutation(index)
else {
  if (values.mutation !== undefined) mutate(MUTATIONS[Number(values.mutation)] as Mutation)
  await run()
}

/** Runs seeds until one fails. */
async function run(): Promise<void> {
  // After the mutation is in place.
  const { simulate } = await import('./simulate.ts')
  const begun = performance.now()
  let [events, hours] = [0, 0]
  for (let n = 0; n < seeds; n++) {
    const outcome = await simulate(chosen?.[n] ?? from + n, chosen ? Infinity : 80)
    events += outcome.counts.events
    hours += outcome.counts.hours
    if (outcome.violations.length > 0 || chosen) console.log(report(outcome))
    if (outcome.violations.length > 0) {
      process.exitCode = 1
      return
    }
    if (n % 1_000 === 999) console.log(`${n + 1} seeds`)
  }
  const seconds = (performance.now() - begun) / 1_000
  console.log(`${seeds} seeds, ${events} events, ${hours.toFixed()} hours in ${seconds.toFixed(1)} s: nothing is wrong`)
}

function findMutation(index: number): void {
  const args = [
    fileURLToPath(import.meta.url),
    '--mutation',
    String(index),
    '--from',
    String(from),
    '--seeds',
    String(seeds)
  ]
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const found = /^Seed (\d+)/m.exec(stdout)?.[1]
  const [, violation] = /^- (.*)/m.exec(stdout) ?? []
  console.log(
    `${MUTATIONS[index]?.name}: ${found === undefined ? `not found ${stderr || (error?.message ?? '')}` : `seed ${found} (${violation})`}`
  )
  if (status === 0 || found === undefined) process.exitCode = 1
}
