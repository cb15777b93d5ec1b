/** A message as the queue got it. */
export interface Arrival {
  queue: string
  group: string
  deduplicationId: string
  body: string
}

const NUMBERED = /"data":\{"n":(\d+),"at":([\d.]+),/

/** The messages of one sender. Counts them, and checks that each group is complete, without repeats and in order. */
export class Inbox {
  received = 0
  calls = 0
  /** Milliseconds from `at` to the arrival. */
  latencies: number[] = []
  readonly #ordered: boolean
  readonly #last = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  readonly #ids = new Set<string>()
  #expected = Infinity
  #wake: () => void = () => {}

  /** @param ordered whether messages of a group must come in order, else only once */
  constructor({ ordered }: { ordered: boolean }) {
    this.#ordered = ordered
  }

  /** Begins a run: counts start from zero, and the order of messages is checked across runs. */
  begin(): void {
    this.received = 0
    this.calls = 0
    this.latencies = []
    this.#expected = Infinity
  }

  /** @throws the message is a repeat, or out of order */
  add({ queue, group, deduplicationId, body }: Arrival, now: number): void {
    const match = NUMBERED.exec(body)
    if (!match) throw new Error(`A message of another form: ${body}`)
    const source = `${queue} ${group}`
    const number = Number(match[1])
    const last = this.#last.get(source) ?? 0
    if (this.#ordered && number !== last + 1) throw new Error(`${source}: after ${last} came ${number}`)
    if (!this.#ordered) {
      const id = `${source} ${deduplicationId}`
      if (this.#ids.has(id)) throw new Error(`${source}: ${number} came twice`)
      this.#ids.add(id)
      this.#counts.set(source, (this.#counts.get(source) ?? 0) + 1)
    }
    this.#last.set(source, Math.max(last, number))
    this.latencies.push(now - Number(match[2]))
    if (++this.received >= this.#expected) this.#wake()
  }

  /** Resolves when so many messages have arrived since `begin`. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#expected = count
      this.#wake = resolve
      if (this.received >= count) resolve()
    })
  }

  /** @throws a number is missing in a group whose messages may come in any order */
  check(): void {
    for (const [source, count] of this.#counts) {
      const last = this.#last.get(source)
      if (count !== last) throw new Error(`${source}: ${count} messages, but the last is ${last}`)
    }
  }
}
