import type { Overview } from './api/types.ts'

/** A second each. */
export interface Rates {
  accepted: number
  delivered: number
}

interface NodeState {
  sample: Sample
  rates: Rates | undefined
  /** When this page got it, so that clocks of nodes do not matter. */
  at: number
}

export type Sample = Pick<Overview, 'node' | 'uptimeSeconds' | 'totals' | 'sockets'>

/** A node that has not answered for so long is no longer counted. */
const FORGOTTEN_MS = 60_000

/**
 * Rates from counters. Behind a load balancer each answer is another node's: the last one of each is kept, and they are added
 * up. A counter that went back is that of a process that was started again.
 */
export class NodeRates {
  readonly #nodes = new Map<string, NodeState>()

  /** @param at milliseconds, of any clock that only grows */
  add(sample: Sample, at: number): void {
    const before = this.#nodes.get(sample.node)
    this.#nodes.set(sample.node, { sample, at, rates: before && ratesBetween(before, sample, at) })
    for (const [node, state] of this.#nodes) if (at - state.at > FORGOTTEN_MS) this.#nodes.delete(node)
  }

  /** `undefined`: it takes two answers of a node. */
  get rates(): Rates | undefined {
    const known = [...this.#nodes.values()].flatMap(({ rates }) => rates ?? [])
    if (known.length === 0) return undefined
    return {
      accepted: known.reduce((sum, rates) => sum + rates.accepted, 0),
      delivered: known.reduce((sum, rates) => sum + rates.delivered, 0)
    }
  }

  get sockets(): number {
    return [...this.#nodes.values()].reduce((sum, { sample }) => sum + sample.sockets, 0)
  }

  /** How many nodes answered lately. */
  get size(): number {
    return this.#nodes.size
  }
}

/** `undefined`: it was started again in between, so it is not known what it did before. */
function ratesBetween({ sample: before, at: since }: NodeState, after: Sample, at: number): Rates | undefined {
  // Uptime is exact, but for a node's pause between its answer and our getting it the clock of the page is nearer.
  const seconds = (at - since) / 1_000
  const accepted = after.totals.accepted - before.totals.accepted
  const delivered = after.totals.delivered - before.totals.delivered
  if (seconds <= 0 || accepted < 0 || delivered < 0 || after.uptimeSeconds < before.uptimeSeconds) return undefined
  return { accepted: accepted / seconds, delivered: delivered / seconds }
}
