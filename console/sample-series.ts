/** Seconds that a chart shows. */
const SPAN_SECONDS = 3_600

export type Metric = 'accepted' | 'delivered' | 'pending' | 'oldest' | 'deadLetters' | 'sockets'
export type Point = Record<Metric, number | null>

/** The times of the samples, and the values of each metric at these times; `null` if unknown. */
export interface Series extends Record<Metric, (number | null)[]> {
  /** Seconds since 1970. */
  times: number[]
}

export const NO_SERIES: Series = {
  times: [],
  accepted: [],
  delivered: [],
  pending: [],
  oldest: [],
  deadLetters: [],
  sockets: []
}

/** Points with their times, oldest first. */
export type TimedPoint = Point & { time: number }

/** A new series with this point, and without those of more than an hour before. */
export function withPoint(series: Series, point: TimedPoint): Series {
  const kept = series.times.findIndex((time) => time > point.time - SPAN_SECONDS)
  return joined(kept < 0 ? NO_SERIES : from(series, kept), seriesOf([point]))
}

/** A new series that begins with earlier points. */
export function withHistory(series: Series, points: readonly TimedPoint[]): Series {
  const [first = Infinity] = series.times
  return joined(seriesOf(points.filter(({ time }) => time < first)), series)
}

function seriesOf(points: readonly TimedPoint[]): Series {
  const of = (metric: Metric) => points.map((point) => point[metric])
  return {
    times: points.map(({ time }) => time),
    accepted: of('accepted'),
    delivered: of('delivered'),
    pending: of('pending'),
    oldest: of('oldest'),
    deadLetters: of('deadLetters'),
    sockets: of('sockets')
  }
}

function from(series: Series, index: number): Series {
  return mapped(series, (name) => series[name].slice(index) as never)
}

function joined(before: Series, after: Series): Series {
  return mapped(before, (name) => [...before[name], ...after[name]] as never)
}

function mapped(series: Series, values: <Name extends keyof Series>(name: Name) => Series[Name]): Series {
  const names = Object.keys(series) as (keyof Series)[]
  return Object.fromEntries(names.map((name) => [name, values(name)])) as unknown as Series
}
