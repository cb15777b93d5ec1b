import { type KeptSample, type NodeSample, SAMPLE_MS } from '../store/sample-store.ts'
import type { OverviewSample } from './overview-history.ts'

/**
 * Sums up the samples of all nodes in each part: deliveries and sockets are added up, the rest is of the store that they share.
 * A node without a sample in a part counts as in the part before: nodes take their samples at different times.
 * @param samples by ascending part
 */
export function sumSamples(samples: readonly KeptSample[]): OverviewSample[] {
  let before = new Map<string, KeptSample>()
  let last = -Infinity
  return [...Map.groupBy(samples, ({ part }) => part)].map(([part, group]) => {
    const own = new Map(group.map((sample) => [sample.node, sample]))
    const nodes = part === last + 1 ? new Map([...before, ...own]) : own
    before = own
    last = part
    return { time: new Date(part * SAMPLE_MS), ...sumOf(group, [...nodes.values()]) }
  })
}

/** @param own the samples of a part: at least one @param all those, and the ones of nodes that count as in the part before */
function sumOf(own: readonly KeptSample[], all: readonly KeptSample[]): NodeSample {
  const accepted = own.flatMap(({ accepted }) => accepted ?? [])
  const delivered = all.flatMap(({ delivered }) => delivered ?? [])
  const { pending, oldestPendingAgeSeconds, deadLetters } = own.at(-1) as KeptSample
  return {
    // Each node has measured the same log, at another time.
    accepted: accepted.length === 0 ? null : sum(accepted) / accepted.length,
    delivered: delivered.length === 0 ? null : sum(delivered),
    pending,
    oldestPendingAgeSeconds,
    deadLetters,
    sockets: sum(all.map(({ sockets }) => sockets))
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
