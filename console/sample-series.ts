/** What a chart shows: five minutes, at one sample every two seconds. */
const MAX_POINTS = 150

export type Metric = 'accepted' | 'delivered' | 'pending' | 'oldest' | 'deadLetters' | 'sockets'
export type Point = Record<Metric, number | null>

/** One point in time for each sample, and each metric's values at them; `null`: not known. */
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

/** A new series, the oldest point left out if there are enough. */
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
