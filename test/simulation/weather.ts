import type { Random } from './random.ts'

/** What becomes of a call to SQS on its way and back. */
export type CallFate =
  | 'answered'
  /** It does not arrive. */
  | 'unsent'
  /** It is refused as a whole. */
  | 'throttled'
  | 'internal error'
  | 'denied'
  /** SQS does as it is asked, and the answer is lost. */
  | 'unanswered'
  /** It arrives, or is answered, after its caller has given up. */
  | 'late'

/** What becomes of an entry of a batch that arrives. */
export type EntryFate = 'taken' | 'failed' | 'taken, and left out of the answer' | 'left out'

export type Condition = 'fair' | 'down' | 'silent' | 'throttling' | 'denying'

/** Decides how well SQS and the way to it do at a time. */
export class Weather {
  readonly #random: Random
  readonly #roughness: number
  readonly #latencyMs: number
  /** What holds for all calls. */
  condition: Condition = 'fair'
  calm = false

  /** @param roughness the share of calls that do not go well while the condition is fair */
  constructor(random: Random, { roughness, latencyMs }: { roughness: number; latencyMs: number }) {
    this.#random = random
    this.#roughness = roughness
    this.#latencyMs = latencyMs
  }

  /** Milliseconds of one way. */
  latencyMs(): number {
    return this.#random.between(1, this.#latencyMs)
  }

  /** Milliseconds by which something late is too late. */
  delayMs(): number {
    return this.#random.between(5_000, 40_000)
  }

  call(): CallFate {
    if (this.calm) return 'answered'
    if (this.condition === 'down') return this.#random.pick(['unsent', 'internal error'])
    if (this.condition === 'silent') return this.#random.pick(['late', 'unanswered'])
    if (this.condition === 'throttling' && this.#random.chance(0.7)) return 'throttled'
    if (this.condition === 'denying') return 'denied'
    if (!this.#random.chance(this.#roughness)) return 'answered'
    return this.#random.pick(['unsent', 'throttled', 'internal error', 'unanswered', 'late'])
  }

  entry(): EntryFate {
    if (this.calm || !this.#random.chance(this.#roughness / 2)) return 'taken'
    return this.#random.pick(['failed', 'failed', 'taken, and left out of the answer', 'left out'])
  }
}
