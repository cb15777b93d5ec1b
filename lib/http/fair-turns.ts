import { setImmediate } from 'node:timers/promises'

/** A piece of work. */
export interface Turn {
  /** Whose work it is: lines take turns. */
  line: string
  /** Its size; work is done up to a size, then the event loop turns. */
  size: number
}

interface Waiting {
  size: number
  run: () => Promise<void>
}

/** Size of what is done in one turn of the event loop. */
const SIZE_OF_TURN = 65_536

/** Does pieces of work one after the other, those of several lines in turn, and other work in between. */
export class FairTurns {
  /** Lines with work, the next one first. */
  readonly #lines = new Map<string, Waiting[]>()
  #isWorking = false

  /** Resolves or rejects as the work does. */
  run<T>({ line, size }: Turn, work: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = async () => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error)
        }
      }
      const waiting = this.#lines.get(line)
      if (waiting) waiting.push({ size, run })
      else this.#lines.set(line, [{ size, run }])
      if (!this.#isWorking) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    let left = 0
    while (this.#lines.size > 0) {
      if (left <= 0) {
        await setImmediate()
        left = SIZE_OF_TURN
      }
      const next = this.#next()
      await next.run()
      left -= next.size
    }
    this.#isWorking = false
  }

  /** Removes the next piece of work, and puts its line behind the others. */
  #next(): Waiting {
    const [[line, waiting]] = this.#lines as unknown as [[string, Waiting[]]]
    // A line that is kept has work.
    const next = waiting.shift() as Waiting
    this.#lines.delete(line)
    if (waiting.length > 0) this.#lines.set(line, waiting)
    return next
  }
}
