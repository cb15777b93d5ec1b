import { median } from '../harness/statistics.ts'
import type { Peer } from '../harness/peer.ts'
import type { CountedDatabase, Spent } from './database.ts'
import type { CapacityNode } from './node.ts'

/** What work took, in PostgreSQL and in each of the nodes that were looked at. */
export interface Taken extends Spent {
  /** Microseconds of processor time. */
  nodes: number[]
}

/** Does some work and counts what it took. */
export async function taken(
  database: CountedDatabase,
  nodes: readonly Peer<CapacityNode>[],
  work: () => Promise<unknown>
): Promise<Taken> {
  const cpus = () => Promise.all(nodes.map((node) => node.cpu()))
  const [before, nodesBefore] = [await database.spent(), await cpus()]
  await work()
  const [after, nodesAfter] = [await database.spent(), await cpus()]
  return {
    cpuUs: after.cpuUs - before.cpuUs,
    walBytes: after.walBytes - before.walBytes,
    writes: after.writes - before.writes,
    nodes: nodesAfter.map((cpu, index) => cpu - (nodesBefore[index] ?? Number.NaN))
  }
}

/** The median of each number of some rounds. */
export async function medians<K extends string>(
  rounds: number,
  round: () => Promise<Record<K, number>>
): Promise<Record<K, number>> {
  const results: Record<K, number>[] = []
  for (let n = 0; n < rounds; n++) results.push(await round())
  const names = Object.keys(results[0] ?? {}) as K[]
  return Object.fromEntries(names.map((name) => [name, median(results.map((result) => result[name]))])) as Record<
    K,
    number
  >
}
