import type { Activities } from '../activity/activities.ts'
import { shouldSend } from '../activity/quietest.ts'
import type { InstanceActivity, Silences } from '../activity/silences.ts'
import type { Instance } from '../instances/instance.ts'
import type { PendingShare, PendingShares } from '../store/delivery-store.ts'
import type { EventStore } from '../store/event-store.ts'
import { compareTexts } from '../text/compare-texts.ts'
import { turnTaker } from '../turn-taker.ts'
import { FirstItems } from './first-items.ts'
import type { ReadShares, Shares } from './shares.ts'

/** The state of an instance. */
export interface InstanceState extends InstanceActivity {
  readonly instance: string
  readonly pending: number
  /** Seconds since the oldest of its pending events was accepted; `null`: nothing is pending. */
  readonly oldestPendingAgeSeconds: number | null
  readonly deadLetters: number
}

export interface InstanceStatesOptions {
  store: Pick<EventStore, 'log' | 'instances'>
  shares: Shares
  activities: Pick<Activities, 'records'>
  silences: Pick<Silences, 'describe' | 'isSilent'>
}

/** An instance among the others. */
interface Place {
  readonly instance: Instance
  /** 0: silent, 1: its oldest event is pending for long, 2: with dead letters, 3: should send events, 4: none of these. */
  readonly rank: number
  /** Milliseconds since the epoch; 0: no event is known. */
  readonly lastAt: number
}

/** Seconds after which a pending event is late: SQS usually accepts it in less than one. */
const LATE_SECONDS = 60

/** The instances that have sent events lately, or have pending events or dead letters. */
export class InstanceStates {
  readonly #options: InstanceStatesOptions

  constructor(options: InstanceStatesOptions) {
    this.#options = options
  }

  /**
   * Returns those that need attention first: silent ones, then those whose events are pending for more than a minute, then those
   * with dead letters, then the others that should send events. Of each kind, the one whose last event is the oldest comes first.
   * @throws the database cannot be read
   */
  async first(limit: number): Promise<InstanceState[]> {
    const { shares, silences } = this.#options
    const { pending, deadLetters } = await shares.read()
    const late = await this.#late(pending, limit)
    const rankOf = ({ key, name }: Instance, sends: boolean) =>
      silences.isSilent(key) ? 0 : late.has(key) ? 1 : deadLetters.byInstance.has(name) ? 2 : sends ? 3 : 4
    const first = new FirstItems(limit, inOrder)
    const turn = turnTaker()
    for (const { instance, lastAt, sends } of this.#candidates({ pending, deadLetters })) {
      first.add({ instance, lastAt, rank: rankOf(instance, sends) })
      await turn()
    }
    const shown = first.items.map(({ instance }) => instance)
    const ages = await this.#ages(shown.flatMap(({ key }) => pending.byInstance.get(key)?.oldest ?? []))
    return shown.map((instance) => {
      const share = pending.byInstance.get(instance.key)
      return {
        instance: instance.name,
        ...silences.describe(instance),
        pending: share?.pending ?? 0,
        oldestPendingAgeSeconds: (share && ages.get(share.oldest)) ?? null,
        deadLetters: deadLetters.byInstance.get(instance.name) ?? 0
      }
    })
  }

  /** Keys of instances whose oldest event is late: as many as can be shown. */
  async #late({ byInstance }: PendingShares, limit: number): Promise<ReadonlySet<number>> {
    const oldest = new FirstItems<[number, PendingShare]>(limit, ([, a], [, b]) => a.oldest - b.oldest)
    const { items } = oldest.addAll(byInstance)
    const ages = await this.#ages(items.map(([, share]) => share.oldest))
    return new Set(items.flatMap(([key, share]) => (isLate(ages.get(share.oldest)) ? key : [])))
  }

  /** Those with a last event, then those of which only pending events or dead letters are known. */
  *#candidates({ pending, deadLetters }: ReadShares): Generator<Omit<Place, 'rank'> & { sends: boolean }, undefined> {
    const { activities, store } = this.#options
    const known = new Set<number>()
    for (const record of activities.records()) {
      known.add(record.instanceKey)
      // `records` yields existing instances only.
      const instance = store.instances.get(record.instance) as Instance
      yield { instance, lastAt: record.lastAt, sends: shouldSend(record) }
    }
    for (const instance of store.instances.list()) {
      const { key, name } = instance
      if (!known.has(key) && (pending.byInstance.has(key) || deadLetters.byInstance.has(name)))
        yield { instance, lastAt: 0, sends: false }
    }
  }

  /** Seconds since events were accepted, by offset. */
  async #ages(offsets: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const acceptedAt = await this.#options.store.log.acceptedAt(offsets)
    const now = Date.now()
    return new Map(acceptedAt.entries().map(([offset, at]) => [offset, Math.max(0, now - at) / 1_000]))
  }
}

/** @param ageSeconds `undefined`: the event was sent meanwhile */
function isLate(ageSeconds = 0): boolean {
  return ageSeconds >= LATE_SECONDS
}

function inOrder(a: Place, b: Place): number {
  return a.rank - b.rank || a.lastAt - b.lastAt || compareTexts(a.instance.name, b.instance.name)
}
