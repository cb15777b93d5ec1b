import type { Overview } from './api/types.ts'

/** Events per second. */
export interface Rates {
  accepted: number
  delivered: number
}

interface NodeState {
  sample: Sample
  rates: Rates | undefined
  /** Time of arrival by the page's clock, because the clocks of nodes may differ. */
  at: number
}

export type Sample = Pick<Overview, 'node' | 'uptimeSeconds' | 'totals' | 'sockets'>

/** Time after which a node without an answer is no longer included. */
const FORGOTTEN_MS = 60_000

/**
 * Rates from counters. Behind a load balancer, answers come from different nodes: the last answer of each node is kept, and their
 * rates are added up. A counter that has decreased belongs to a restarted process.
 */
export class NodeRates {
  readonly #nodes = new Map<string, NodeState>()

  /** @param at milliseconds of a monotonic clock */
  add(sample: Sample, at: number): void {
    const before = this.#nodes.get(sample.node)
    this.#nodes.set(sample.node, { sample, at, rates: before && ratesBetween(before, sample, at) })
    for (const [node, state] of this.#nodes) if (at - state.at > FORGOTTEN_MS) this.#nodes.delete(node)
  }

  /** `undefined` until a node has answered twice. */
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

  /** Number of nodes that are included. */
  get size(): number {
    return this.#nodes.size
  }
}

/** `undefined` if the process was restarted in between. */
function ratesBetween({ sample: before, at: since }: NodeState, after: Sample, at: number): Rates | undefined {
  // The page's clock includes the time that an answer needs to arrive, which the node's uptime does not.
  const seconds = (at - since) / 1_000
  const accepted = after.totals.accepted - before.totals.accepted
  const delivered = after.totals.delivered - before.totals.delivered
  if (seconds <= 0 || accepted < 0 || delivered < 0 || after.uptimeSeconds < before.uptimeSeconds) return undefined
  return { accepted: accepted / seconds, delivered: delivered / seconds }
}
