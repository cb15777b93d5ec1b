import type { Bench } from '../harness/bench.ts'
import { compare, type Comparison } from '../harness/compare.ts'
import { type EventKind, EVENTS, type StoreProcess } from './commits.ts'

const SCENARIOS: Record<string, EventKind> = {
  [`${EVENTS} events a commit, logged`]: { queues: [], ids: 'generated' },
  [`${EVENTS} events a commit, to ${EVENTS} lanes`]: { queues: ['messages.fifo'], ids: 'generated' },
  [`${EVENTS} events a commit, ids given in order`]: { queues: [], ids: 'given in order' },
  [`${EVENTS} events a commit, ids given at random`]: { queues: [], ids: 'given at random' }
}

/** The SQLite store alone, without HTTP, against a file to which the same texts are appended. */
export default async function store(bench: Bench): Promise<Comparison[]> {
  if (process.platform !== 'linux') {
    console.warn('store: skipped, written bytes are read from /proc')
    return []
  }
  const [rounds, commits, warmUp] = bench.quick ? [2, 100, 50] : [7, 1_000, 400]
  const comparisons: Comparison[] = []
  for (const [scenario, kind] of Object.entries(SCENARIOS)) {
    const sides = await Promise.all(
      ['ours', 'file'].map(async (name) => {
        const party = bench.start<StoreProcess>(new URL(`${name}.ts`, import.meta.url))
        await party.call('open', { folder: bench.folder(), ...kind })
        return { name: name === 'ours' ? name : 'appended file', run: () => party.call('run', commits), party }
      })
    )
    for (const { party } of sides) await party.call('run', warmUp)
    comparisons.push(await compare(scenario, rounds, sides))
    await Promise.all(sides.map(({ party }) => party.close()))
  }
  return comparisons
}
