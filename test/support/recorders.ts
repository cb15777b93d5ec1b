import type { LaneKey, LaneWatcher } from '../../lib/store/delivery-store.ts'
import type { CommonHistory, LogSubscriber } from '../../lib/store/log-store.ts'
import type { StoredEvent } from '../../lib/events/event.ts'
import { Watch } from './watch.ts'

/** Records all events and heads of the log. */
export class RecordingSubscriber extends Watch implements LogSubscriber {
  readonly events: StoredEvent[] = []
  readonly positions: number[] = []
  readonly epochs: CommonHistory[] = []
  /** Number of times that events were erased. */
  erasures = 0

  get offsets(): number[] {
    return this.events.map(({ offset }) => offset)
  }

  interest(): { all: boolean; instanceKeys: Iterable<number> } {
    return { all: true, instanceKeys: [] }
  }

  advanced(events: readonly StoredEvent[], position: number): void {
    this.events.push(...events)
    this.positions.push(position)
    this.changed()
  }

  entered(epoch: CommonHistory): void {
    this.epochs.push(epoch)
    this.changed()
  }

  erased(): void {
    this.erasures++
    this.changed()
  }

  reached(position: number): Promise<void> {
    return this.until(() => this.positions.at(-1) === position)
  }
}

/** Records the calls for lanes. It releases at once, unless a test replaces `releasing`. */
export class RecordingWatcher extends Watch implements LaneWatcher {
  /** `queue key` of each lane with new events. */
  readonly told: string[] = []
  readonly again: string[] = []
  readonly released: number[] = []
  readonly lost: number[] = []
  releasing: (partitions: ReadonlySet<number>) => Promise<void> = async () => {}

  pending(lanes: readonly LaneKey[]): void {
    this.told.push(...lanes.map(nameOf))
    this.changed()
  }

  appended(events: readonly StoredEvent[]): void {
    for (const { queues, instanceKey } of events) {
      this.told.push(...queues.map((queue) => nameOf({ queue, instanceKey })))
    }
    this.changed()
  }

  redriven(lanes: readonly LaneKey[]): void {
    this.again.push(...lanes.map(nameOf))
    this.changed()
  }

  async *release(partitions: ReadonlySet<number>): AsyncGenerator<ReadonlySet<number>> {
    await this.releasing(partitions)
    this.released.push(...partitions)
    this.changed()
    yield partitions
  }

  revoked(partitions: ReadonlySet<number>): void {
    this.lost.push(...partitions)
    this.changed()
  }
}

export function nameOf({ queue, instanceKey }: LaneKey): string {
  return `${queue} ${instanceKey}`
}
