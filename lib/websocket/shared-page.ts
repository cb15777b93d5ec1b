import type { StoredEvent } from '../events/event.ts'
import type { Audience } from './audiences.ts'
import type { Omission } from '../filters/omission.ts'
import type { Payload } from './payload.ts'
import type { Scope } from './scope.ts'
import { isSame } from './shared-payloads.ts'

export interface SharedPageOptions {
  /** The offset after which the page begins. */
  after: number
  events: readonly StoredEvent[]
  /** The offset up to which the page has all events. */
  reached: number
  /** As in `LogPage`, when the page was read. */
  prunedTo: number
  /** Returns the live events that follow the page so far; `undefined`: another page follows. */
  held: () => readonly StoredEvent[] | undefined
  audienceOf: (event: StoredEvent) => Audience
}

/** What a socket receives of a page. */
export interface Share {
  /** In offset order. */
  readonly events: readonly StoredEvent[]
  /** `undefined` if there are none. */
  readonly payload: Payload | undefined
  /** Members that were left out. */
  readonly omission: Omission | undefined
}

/**
 * A page of the log for all sockets in replay. Sockets that receive the same events share the encoded bytes. Each turn of the event
 * loop evaluates again which events and members a socket receives, because selections may have changed, and encodes
 * them again only if the result differs.
 */
export class SharedPage {
  readonly reached: number
  readonly prunedTo: number
  readonly #options: SharedPageOptions
  /** Shares of this turn. */
  readonly #shares = new Map<string, Share>()
  /** Shares of this turn and earlier ones. */
  readonly #made = new Map<string, Share>()
  #held: readonly StoredEvent[] | undefined

  constructor(options: SharedPageOptions) {
    this.#options = options
    this.reached = options.reached
    this.prunedTo = options.prunedTo
    this.#held = options.held()
  }

  /** True if live events follow it, and no other page. */
  get isLast(): boolean {
    return this.#held !== undefined
  }

  /** Starts a turn of the event loop: live events may have arrived and selections may have changed since the last one. */
  turn(): void {
    this.#shares.clear()
    this.#held = this.#options.held()
  }

  /** Returns what a socket receives that has everything up to a position. */
  of(scope: Scope, position: number): Share {
    const after = Math.max(position, this.#options.after)
    return this.#share(scope, `${after} ${scope.id}`, () => this.#options.events.filter(({ offset }) => offset > after))
  }

  /** Returns what a socket receives of the live events that follow. */
  heldFor(scope: Scope): Share {
    return this.#share(scope, scope.id, () => this.#held ?? [])
  }

  #share(scope: Scope, key: string, all: () => readonly StoredEvent[]): Share {
    const known = this.#shares.get(key)
    if (known) return known
    const { audienceOf } = this.#options
    const events = all().filter((event) => scope.includes(event, audienceOf(event)))
    const before = this.#made.get(key)
    const isKept = before && before.omission === scope.omission && isSame(before.events, events)
    const share = isKept ? before : makeShare(scope, events)
    this.#shares.set(key, share)
    this.#made.set(key, share)
    return share
  }
}

function makeShare(scope: Scope, events: readonly StoredEvent[]): Share {
  return { events, payload: events.length > 0 ? scope.payload(events) : undefined, omission: scope.omission }
}
