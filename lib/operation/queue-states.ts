import type { QueueActivity, SqsEmitter } from '../sqs/emitter.ts'
import type { EventStore } from '../store/event-store.ts'
import { compareTexts } from '../text/compare-texts.ts'
import { FirstItems } from './first-items.ts'
import type { Shares } from './shares.ts'

/** The state of a queue. */
export interface QueueState {
  readonly queue: string
  readonly pending: number
  /** Seconds since the oldest of its pending events was accepted; `null`: nothing is pending. */
  readonly oldestPendingAgeSeconds: number | null
  readonly deadLetters: number
  /** When this node has sent to it last; `null`: not since the start. */
  readonly lastSentAt: Date | null
  /** Deliveries of the last minute, of this node. */
  readonly sentLastMinute: number
  /** Why it accepts nothing from this node; `null` if it accepts events. */
  readonly fault: { readonly code: string; readonly message: string; readonly since: Date } | null
}

export interface QueueStatesOptions {
  store: Pick<EventStore, 'log'>
  shares: Shares
  /** `undefined` without SQS. */
  sqs: Pick<SqsEmitter, 'queueActivity'> | undefined
}

/** A queue among the others: those with a fault, with dead letters and with pending events first, of these the oldest first. */
export interface QueuePlace {
  /** 0: with a fault, 1: with dead letters, 2: with pending events, 3: none of these. */
  readonly rank: number
  /** Offset of the oldest pending event; `NOTHING` without any. */
  readonly oldest: number
  readonly queue: string
}

export interface QueueStatesPage {
  readonly queues: QueueState[]
  /** The place of the last one; `null`: there are no more. */
  readonly next: QueuePlace | null
  /** Number of all queues. */
  readonly total: number
}

/** After every offset. */
const NOTHING = Number.MAX_SAFE_INTEGER

/** The queues that have pending events, dead letters or a fault, or to which this node has sent since the start. */
export class QueueStates {
  readonly #options: QueueStatesOptions

  constructor(options: QueueStatesOptions) {
    this.#options = options
  }

  /** Returns those after a place, the ones that need attention first. @throws the database cannot be read */
  async page({ after, limit }: { after: QueuePlace | undefined; limit: number }): Promise<QueueStatesPage> {
    const { store, shares, sqs } = this.#options
    const { pending, deadLetters } = await shares.read()
    const activity: ReadonlyMap<string, QueueActivity> = sqs?.queueActivity() ?? new Map()
    const all = new Set([...pending.byQueue.keys(), ...deadLetters.byQueue.keys(), ...activity.keys()])
    const placed = all.values().map((queue): QueuePlace => {
      const oldest = pending.byQueue.get(queue)?.oldest ?? NOTHING
      const rank = activity.get(queue)?.holdup ? 0 : deadLetters.byQueue.has(queue) ? 1 : oldest < NOTHING ? 2 : 3
      return { rank, oldest, queue }
    })
    const left = after ? placed.filter((place) => inOrder(after, place) < 0) : placed
    const found = new FirstItems(limit + 1, inOrder).addAll(left).items
    const places = found.slice(0, limit)
    const acceptedAt = await store.log.acceptedAt(places.map(({ oldest }) => oldest).filter((at) => at < NOTHING))
    const now = Date.now()
    const queues = places.map(({ queue, oldest }): QueueState => {
      const { sent, holdup } = activity.get(queue) ?? {}
      const at = acceptedAt.get(oldest)
      return {
        queue,
        pending: pending.byQueue.get(queue)?.pending ?? 0,
        oldestPendingAgeSeconds: at === undefined ? null : Math.max(0, now - at) / 1_000,
        deadLetters: deadLetters.byQueue.get(queue) ?? 0,
        lastSentAt: sent?.lastAt ?? null,
        sentLastMinute: sent?.lastMinute(now) ?? 0,
        fault: holdup
          ? {
              code: holdup.failure.code,
              message: holdup.failure.message,
              since: new Date(now - (performance.now() - holdup.since))
            }
          : null
      }
    })
    return { queues, next: found.length > limit ? (places.at(-1) as QueuePlace) : null, total: all.size }
  }
}

function inOrder(a: QueuePlace, b: QueuePlace): number {
  return a.rank - b.rank || a.oldest - b.oldest || compareTexts(a.queue, b.queue)
}
