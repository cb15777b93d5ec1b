import type { StoredEvent } from '../events/event.ts'
import type { Audience } from './audiences.ts'
import { Payload } from './payload.ts'
import type { Scope } from './scope.ts'

export interface SharedPageOptions {
  /** The offset after which the page begins. */
  after: number
  events: readonly StoredEvent[]
  /** The offset up to which the page has all events. */
  reached: number
  /** Highest offset that was pruned when the page was read. */
  prunedTo: number
  /** Live events that follow the page; `undefined`: another page follows. */
  held: readonly StoredEvent[] | undefined
  audienceOf: (event: StoredEvent) => Audience
}

/** What a socket receives of a page. */
export interface Share {
  /** Number of events. */
  readonly count: number
  /** `undefined` if it receives none. */
  readonly payload: Payload | undefined
}

/** A page of the log for all sockets that are behind. Sockets that receive the same of it share the encoded bytes. */
export class SharedPage {
  readonly reached: number
  readonly prunedTo: number
  readonly held: readonly StoredEvent[] | undefined
  readonly #options: SharedPageOptions
  readonly #shares = new Map<string, Share>()

  constructor(options: SharedPageOptions) {
    this.#options = options
    this.reached = options.reached
    this.prunedTo = options.prunedTo
    this.held = options.held
  }

  /** Returns what a socket receives that has everything up to a position. */
  of(scope: Scope, position: number): Share {
    const after = Math.max(position, this.#options.after)
    const key = `${after} ${scope.id}`
    let share = this.#shares.get(key)
    if (!share) {
      const packets = this.packets(
        scope,
        this.#options.events.filter(({ offset }) => offset > after)
      )
      share = {
        count: packets.length,
        payload: packets.length > 0 ? new Payload(packets, scope.owner) : undefined
      }
      this.#shares.set(key, share)
    }
    return share
  }

  /** Packets of the events that a socket may see. */
  packets(scope: Scope, events: readonly StoredEvent[]): string[] {
    return events
      .filter((event) => scope.includes(event, this.#options.audienceOf(event)))
      .map((event) => scope.packet(event))
  }
}
