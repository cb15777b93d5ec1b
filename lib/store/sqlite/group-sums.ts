import { compareTexts } from '../../text/compare-texts.ts'
import type { DeadLetterCount, DeadLetterGroup, DeadLetterGrouping, DeadLetterGroups } from '../dead-letter-store.ts'
import type { Row } from '../rows.ts'

export interface GroupNames {
  queueName: (queueKey: number) => string
  /** Called once for each instance, with a row of it. */
  instanceName: (row: Row) => string
}

/** Sums up groups of dead letters that are read part by part. */
export class GroupSums {
  readonly #names: GroupNames
  readonly #instances = new Map<number, string>()
  readonly #groups = new Map<string, DeadLetterGroup>()

  constructor(names: GroupNames) {
    this.#names = names
  }

  /** Adds the group that a part has. */
  add(row: Row): void {
    const reason = row.reason as string
    const queue = this.#names.queueName(row.queue_key as number)
    const instance = this.#instanceOf(row)
    const key = JSON.stringify([reason, queue, instance])
    const before = this.#groups.get(key)
    const [first, last] = [row.first_died_at as number, row.last_died_at as number]
    this.#groups.set(key, {
      reason,
      queue,
      instance,
      count: (before?.count ?? 0) + (row.count as number),
      firstDiedAt: new Date(Math.min(first, before?.firstDiedAt.getTime() ?? Infinity)),
      lastDiedAt: new Date(Math.max(last, before?.lastDiedAt.getTime() ?? 0))
    })
  }

  /** The groups that fit, with their sums. */
  groups({ instance, queue, reason, limit }: DeadLetterGrouping): DeadLetterGroups {
    const reasons = new Map<string, number>()
    const queues = new Map<string, number>()
    const found: DeadLetterGroup[] = []
    for (const group of this.#groups.values()) {
      if (instance !== undefined && group.instance !== instance) continue
      const isOfQueue = queue === undefined || group.queue === queue
      const isOfReason = reason === undefined || group.reason === reason
      if (isOfQueue) reasons.set(group.reason, (reasons.get(group.reason) ?? 0) + group.count)
      if (isOfReason) queues.set(group.queue, (queues.get(group.queue) ?? 0) + group.count)
      if (isOfQueue && isOfReason) found.push(group)
    }
    return {
      count: found.reduce((sum, { count }) => sum + count, 0),
      groupCount: found.length,
      groups: found.sort(byCount(({ reason, queue, instance }) => `${reason}\0${queue}\0${instance}`)).slice(0, limit),
      reasons: largest(reasons, limit),
      queues: largest(queues, limit)
    }
  }

  #instanceOf(row: Row): string {
    const key = row.instance_key as number
    const known = this.#instances.get(key)
    if (known !== undefined) return known
    const name = this.#names.instanceName(row)
    this.#instances.set(key, name)
    return name
  }
}

function largest(counts: ReadonlyMap<string, number>, limit: number): DeadLetterCount[] {
  const entries = [...counts].map(([name, count]) => ({ name, count }))
  return entries.sort(byCount(({ name }) => name)).slice(0, limit)
}

/** Compares by number, largest first, then by name. */
function byCount<T extends { count: number }>(nameOf: (entry: T) => string): (a: T, b: T) => number {
  return (a, b) => b.count - a.count || compareTexts(nameOf(a), nameOf(b))
}
