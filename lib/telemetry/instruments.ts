/** One value of a metric. `metricName` is set if it differs from the metric's name. */
export interface Sample {
  metricName?: string
  labels: Readonly<Record<string, string | number>>
  value: number
}

/** A metric as prom-client's registry reads it. Counting needs no library: prom-client is loaded when metrics are read. */
export interface Instrument {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  get(): Promise<Reading>
}

/** The current values of a metric. */
export interface Reading extends Pick<Instrument, 'name' | 'help' | 'type'> {
  values: Sample[]
}

interface Description {
  name: string
  help: string
}

/** A number that only grows, for each combination of label values. */
export class Counter<L extends string = never> implements Instrument {
  readonly name: string
  readonly help: string
  readonly type = 'counter'
  readonly #samples = new Map<string, Sample>()

  constructor({ name, help, labelNames }: Description & { labelNames: readonly L[] }) {
    this.name = name
    this.help = help
    // Without labels there is one sample, which begins at 0.
    if (labelNames.length === 0) this.inc(0)
  }

  /** Adds to the number. @param by 1 if absent */
  inc(by?: number): void
  inc(labels: Readonly<Record<L, string>>, by?: number): void
  inc(first: Readonly<Record<L, string>> | number = 1, by = 1): void {
    const [labels, count] = typeof first === 'number' ? [{}, first] : [first, by]
    const key = Object.values(labels).join('\n')
    const sample = this.#samples.get(key)
    if (sample) sample.value += count
    else this.#samples.set(key, { labels: { ...labels }, value: count })
  }

  /** The sum over all labels. */
  get total(): number {
    return this.#samples.values().reduce((sum, { value }) => sum + value, 0)
  }

  async get(): Promise<Reading> {
    const { name, help, type } = this
    return { name, help, type, values: [...this.#samples.values()] }
  }
}

/** Counts of observed values in ranges, cumulative as in Prometheus. */
export class Histogram implements Instrument {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly #buckets: { upTo: number; count: number }[]
  #sum = 0

  /** @param upTo upper bounds, ascending */
  constructor({ name, help, upTo }: Description & { upTo: readonly number[] }) {
    this.name = name
    this.help = help
    this.#buckets = [...upTo, Infinity].map((bound) => ({ upTo: bound, count: 0 }))
  }

  observe(value: number): void {
    // The last bucket has room for every number.
    const bucket = this.#buckets.find(({ upTo }) => value <= upTo) as { count: number }
    bucket.count++
    this.#sum += value
  }

  /** Returns a function that observes the seconds since this call. */
  startTimer(): () => void {
    const begun = performance.now()
    return () => this.observe((performance.now() - begun) / 1_000)
  }

  async get(): Promise<Reading> {
    const { name, help, type } = this
    let count = 0
    const values: Sample[] = this.#buckets.map((bucket) => {
      count += bucket.count
      const le = bucket.upTo === Infinity ? '+Inf' : bucket.upTo
      return { metricName: `${name}_bucket`, labels: { le }, value: count }
    })
    values.push({ metricName: `${name}_sum`, labels: {}, value: this.#sum })
    values.push({ metricName: `${name}_count`, labels: {}, value: count })
    return { name, help, type, values }
  }
}

/** A number that is computed when it is read. It is left out if that fails, such as while the database is away. */
export class Gauge implements Instrument {
  readonly name: string
  readonly help: string
  readonly type = 'gauge'
  readonly #read: () => number | Promise<number>

  constructor({ name, help, read }: Description & { read: () => number | Promise<number> }) {
    this.name = name
    this.help = help
    this.#read = read
  }

  async get(): Promise<Reading> {
    const { name, help, type } = this
    const values: Sample[] = []
    try {
      values.push({ labels: {}, value: await this.#read() })
    } catch {
      // The other metrics are not affected.
    }
    return { name, help, type, values }
  }
}
