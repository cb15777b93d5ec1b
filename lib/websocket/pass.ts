import type { PageRequest } from '../store/log-store.ts'
import type { Chunk, Owner } from './buffer-budget.ts'
import type { Replay } from './replay.ts'

/**
 * Replays of the same instance, or of all instances, that read the log together: from the lowest of their positions, and each
 * receives what lies behind its own.
 */
export class Pass {
  readonly owner: Owner
  readonly replays = new Set<Replay>()
  /** Pages that it has read in its turn. */
  pages = 0
  /** What it holds of the budget while it reads. */
  room: Chunk

  constructor(owner: Owner) {
    this.owner = owner
    this.room = { owner, bytes: 0, holders: 0 }
  }

  /** The offset after which its next page begins. */
  get position(): number {
    let lowest = Infinity
    for (const { position } of this.replays) lowest = Math.min(lowest, position)
    return lowest
  }

  /** Bytes that its next page is expected to have. */
  get pageBytes(): number {
    let most = 0
    for (const { pageBytes } of this.replays) most = Math.max(most, pageBytes)
    return most
  }

  /** What its next page is to have: what any of the replays has asked for. */
  get request(): PageRequest {
    const { owner } = this
    const scopes = [...this.replays].map(({ listener }) => listener.scope)
    const events = union(scopes.map((scope) => scope.events))
    const instances = union(scopes.map((scope) => scope.instances))
    return {
      ...(owner !== 'all' && { instanceKey: owner }),
      ...(events && { events }),
      ...(instances && { instances }),
      after: this.position
    }
  }
}

/** Names that are in any of the sets; `undefined`, which is all, if one of them is. */
function union(sets: readonly (ReadonlySet<string> | undefined)[]): string[] | undefined {
  const names = new Set<string>()
  for (const set of sets) {
    if (!set) return undefined
    for (const name of set) names.add(name)
  }
  return [...names]
}
