interface Waiting {
  places: number
  begin: () => void
}

/** Runs works at once, in the order of the calls, for as long as they have places. */
export class Limiter {
  readonly #max: number
  readonly #waiting: Waiting[] = []
  #free: number

  constructor(max: number) {
    this.#max = max
    this.#free = max
  }

  /** @param wanted places that the work takes; all at most */
  async run<T>(work: () => Promise<T>, wanted = 1): Promise<T> {
    const places = Math.min(wanted, this.#max)
    await new Promise<void>((begin) => {
      this.#waiting.push({ places, begin })
      this.#next()
    })
    try {
      return await work()
    } finally {
      this.#free += places
      this.#next()
    }
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && first.places <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= first.places
      first.begin()
    }
  }
}
