import type { QueueFault } from '../operation/fault.ts'
import type { SendFailure } from './failures.ts'

/** The reason why a queue or a lane is held back. */
export interface Holdup {
  readonly failure: SendFailure
  /** `performance.now()` at the first failure of those in a row. */
  readonly since: number
}

export interface QueueHoldup extends Holdup {
  readonly queue: string
}

/** The holdup after one more try; none after a success. */
export function holdupAfter(failure: SendFailure | undefined, before: Holdup | undefined): Holdup | undefined {
  return failure && { failure, since: before?.since ?? performance.now() }
}

/** One fault for each code, with the queues that it holds back. */
export function faultsOf(holdups: readonly QueueHoldup[]): QueueFault[] {
  return [...Map.groupBy(holdups, ({ failure }) => failure.code).values()].map((held) => {
    // Groups are never empty.
    const [oldest] = held.toSorted((a, b) => a.since - b.since) as [QueueHoldup]
    const { code, message } = oldest.failure
    const queues = new Set(held.map(({ queue }) => queue)).size
    const since = new Date(Date.now() - (performance.now() - oldest.since))
    return { component: 'sqs', code, message, queue: oldest.queue, queues, since }
  })
}
