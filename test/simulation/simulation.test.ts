import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { assertApplies, MUTATIONS } from './mutations.ts'
import { report } from './report.ts'
import { type Outcome, simulate } from './simulate.ts'

const SEEDS = 200
/** Of one, two and three nodes. */
const REPEATED = [6, 3, 4]

/** The first run of each seed that is repeated. */
const firsts = new Map<number, Outcome>()

t.test(`nothing is lost, doubled, out of order, leaked or pending forever with the seeds up to ${SEEDS}`, async (t) => {
  const failed: string[] = []
  for (let seed = 1; seed <= SEEDS && failed.length === 0; seed++) {
    const outcome = await simulate(seed)
    if (REPEATED.includes(seed)) firsts.set(seed, outcome)
    if (outcome.violations.length > 0) failed.push(report(outcome))
  }
  t.equal(failed.join(), '')
})

t.test('a seed repeats a run, in this process and in another', async (t) => {
  const run = fileURLToPath(new URL('run.ts', import.meta.url))
  const args = REPEATED.flatMap((seed) => ['--seed', String(seed)])
  const other = execFileSync(process.execPath, [run, ...args], { encoding: 'utf8' })
  for (const seed of REPEATED) {
    const first = firsts.get(seed) as Outcome
    t.same(await simulate(seed), first)
    t.match(other, `Seed ${seed} (${first.fingerprint})`)
  }
})

t.test('every mutation still applies to the code', async (t) => {
  for (const mutation of MUTATIONS) t.doesNotThrow(() => assertApplies(mutation), mutation.name)
})
