/** Points of a chart: five minutes with one sample every two seconds. */
const MAX_POINTS = 150

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

/** A new series with this point, and without the oldest one above the maximum. */
export function withPoint(series: Series, time: number, point: Point): Series {
  const next = <T>(values: T[], value: T) => [...values, value].slice(-MAX_POINTS)
  return {
    times: next(series.times, time),
    accepted: next(series.accepted, point.accepted),
    delivered: next(series.delivered, point.delivered),
    pending: next(series.pending, point.pending),
    oldest: next(series.oldest, point.oldest),
    deadLetters: next(series.deadLetters, point.deadLetters),
    sockets: next(series.sockets, point.sockets)
  }
}
