import { BackpressureError } from '../errors.ts'

/** Bounds the memory that request bodies take together, and the time for which they hold the event loop. */
export class BodyIntake {
  readonly #maxBytes: number
  #bytes = 0
  #turn: Promise<unknown> = Promise.resolve()

  /** @param maxBytes of all bodies that are being received, or were received and are not answered yet */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Counts bytes of a body. A body always has room if there is no other.
   * @param own bytes of the same body that are counted already
   * @throws {BackpressureError} there is no room
   */
  add(bytes: number, own: number): void {
    if (this.#bytes > own && this.#bytes + bytes > this.#maxBytes)
      throw new BackpressureError(
        `${this.#bytes - own} bytes of other requests with events are under way, the limit is ${this.#maxBytes} (bodiesLimit)`
      )
    this.#bytes += bytes
  }

  remove(bytes: number): void {
    this.#bytes -= bytes
  }

  /** Runs work on large bodies, one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}

/** What one body has of an intake. */
export class BodyShare {
  readonly #intake: BodyIntake
  #bytes = 0
  #ended = false

  constructor(intake: BodyIntake) {
    this.#intake = intake
  }

  /** Grows to so many bytes, if it has fewer. @throws {BackpressureError} there is no room */
  growTo(bytes: number): void {
    if (this.#ended || bytes <= this.#bytes) return
    this.#intake.add(bytes - this.#bytes, this.#bytes)
    this.#bytes = bytes
  }

  /** Idempotent. */
  end(): void {
    this.#ended = true
    this.#intake.remove(this.#bytes)
    this.#bytes = 0
  }
}
