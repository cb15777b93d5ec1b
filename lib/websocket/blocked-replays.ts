import type { Replay } from './replay.ts'

/** Milliseconds between looks at the replays that wait. */
const RETRY_MS = 20
/** Milliseconds without room for any of the replays that wait for it, after which that is a fault. */
const STUCK_MS = 1_000

/** Replays that wait for their client, for room in the budget, or for this node. */
export class BlockedReplays {
  readonly #resume: (replays: readonly Replay[]) => void
  #replays: Replay[] = []
  #timer: NodeJS.Timeout | undefined
  #waiting = 0
  /** Since when replays have been waiting for room and none of them got any. */
  #stuckSince: number | undefined

  /** @param resume called with the replays that can continue, perhaps none */
  constructor(resume: (replays: readonly Replay[]) => void) {
    this.#resume = resume
  }

  /** Number of replays that the budget has no room for. */
  get waiting(): number {
    return this.#waiting
  }

  /** True if replays wait for room and none has had any for a while. */
  get stuck(): boolean {
    return this.#stuckSince !== undefined && performance.now() - this.#stuckSince > STUCK_MS
  }

  add(replay: Replay): void {
    this.#replays.push(replay)
    this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS)
  }

  /** A replay had room. */
  hadRoom(): void {
    if (this.#stuckSince !== undefined) this.#stuckSince = performance.now()
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #retry(): void {
    this.#timer = undefined
    this.#waiting = 0
    const ready: Replay[] = []
    for (const replay of this.#replays.splice(0)) {
      if (replay.isOver) continue
      if (!replay.canContinue) this.add(replay)
      else if (replay.hasRoom) ready.push(replay)
      else {
        this.#waiting++
        this.add(replay)
      }
    }
    this.#stuckSince = this.#waiting === 0 ? undefined : (this.#stuckSince ?? performance.now())
    this.#resume(ready)
  }
}
