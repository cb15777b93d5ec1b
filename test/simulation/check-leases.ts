import { partitionOf } from '../../lib/store/partitions.ts'
import type { History } from './history.ts'
import type { SendCall } from './sqs.ts'
import type { World } from './world.ts'

/**
 * Milliseconds for which a node may still send after PostgreSQL has ended its session: it looks at the time of the last
 * answer that it got.
 */
export const NOTICE_MS = 3_500 * 0.85

/** True if a call was made by a node that had lost the right to, and could not know it yet. */
export function isUnaware({ losses }: History, { sender, sentAt }: SendCall): boolean {
  return losses.some(({ process, at }) => process === sender && at <= sentAt && sentAt <= at + NOTICE_MS)
}

/** Milliseconds within which a node knows that the log has lost its end; it then begins its lanes anew, beside calls under way. */
const EPOCH_MS = 60_000

function mayHaveLostEnd({ failovers }: History, { sentAt }: SendCall): boolean {
  return failovers.some(({ at }) => sentAt <= at + EPOCH_MS)
}

/** What is wrong with the sharing of lanes among nodes: one sends without the right to, or two at once. */
export function checkLeases({ postgres, sqs, history }: World): string[] {
  if (!postgres) return []
  const wrong: string[] = []
  const underWay = new Map<string, SendCall>()
  for (const call of sqs.calls) {
    const { sender, queue, sentAt } = call
    for (const instance of call.instances) {
      const partition = partitionOf(postgres.tables.keyOf(instance) as number)
      const mine = postgres.leases.filter((lease) => lease.process === sender && lease.partition === partition)
      const may = mine.some(
        ({ from, until = Infinity, lost }) => from <= sentAt && sentAt <= until + (lost ? NOTICE_MS : 0)
      )
      if (!may) wrong.push(`${sender.name} sent events of ${instance} to ${queue} without the right to, at ${sentAt}`)
      const lane = `${queue} of ${instance}`
      const before = underWay.get(lane)
      underWay.set(lane, call)
      if (!before || (before.endedAt ?? Infinity) <= sentAt) continue
      // A node that has taken a partition again knows of its own calls since.
      const since = mine.findLast(({ from }) => from <= sentAt)?.from ?? Infinity
      const knew = before.sender === sender && before.sentAt >= since && !mayHaveLostEnd(history, before)
      const lost =
        !knew &&
        (history.losses.some(({ process, at }) => process === before.sender && at <= sentAt) ||
          isUnaware(history, call))
      if (!lost) wrong.push(`${lane}: ${sender.name} sent while a call of ${before.sender.name} was under way`)
    }
  }
  return wrong
}
