import type { EventLog } from '../event-log/event-log.ts'
import { MAX_SAMPLES, type NodeSample } from '../store/sample-store.ts'
import { sumSamples } from './sum-samples.ts'

/** The state of all nodes at one time: deliveries and sockets are those of all of them. */
export interface OverviewSample extends NodeSample {
  readonly time: Date
}

export interface OverviewHistoryOptions {
  eventLog: Pick<EventLog, 'store' | 'metrics' | 'pendingAge'>
  /** Identifies this process. */
  node: string
  /** Number of sockets of this node. */
  sockets: () => number
}

interface Counters {
  at: number
  head: number
  delivered: number
}

/** Samples of the last hour: in memory, or in the database if several nodes share it. */
export class OverviewHistory {
  readonly #options: OverviewHistoryOptions
  readonly #samples: OverviewSample[] = []
  #before: Counters | undefined

  constructor(options: OverviewHistoryOptions) {
    this.#options = options
  }

  /** The samples, oldest first, and the time now by their clock. @throws the database cannot be read */
  async read(): Promise<{ now: Date; samples: readonly OverviewSample[] }> {
    const kept = await this.#options.eventLog.store.samples?.read()
    return kept
      ? { now: new Date(kept.now), samples: sumSamples(kept.samples) }
      : { now: new Date(), samples: this.#samples }
  }

  /** Takes a sample. @throws the database cannot be read or written */
  async look(): Promise<void> {
    const { eventLog, node, sockets } = this.#options
    const { store, metrics, pendingAge } = eventLog
    const [{ head }, oldest, { count }] = await Promise.all([
      store.log.range(),
      pendingAge.seconds(),
      store.deadLetters.count()
    ])
    const now = { at: Date.now(), head, delivered: metrics.delivered.total }
    const sample = {
      ...ratesBetween(this.#before, now),
      pending: store.deliveries.pendingCount(),
      oldestPendingAgeSeconds: oldest,
      deadLetters: count,
      sockets: sockets()
    }
    this.#before = now
    if (store.samples) return store.samples.keep(node, sample)
    this.#samples.push({ time: new Date(now.at), ...sample })
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
  }
}

/** The log may have lost its end, and the clock may have been set back: no rate is known then. */
function ratesBetween(before: Counters | undefined, now: Counters): Pick<NodeSample, 'accepted' | 'delivered'> {
  const seconds = before ? (now.at - before.at) / 1_000 : 0
  if (!before || seconds <= 0 || now.head < before.head) return { accepted: null, delivered: null }
  return { accepted: (now.head - before.head) / seconds, delivered: (now.delivered - before.delivered) / seconds }
}
