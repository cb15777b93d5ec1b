/** What a chart spans at least: two points are no minute. */
const MIN_SPAN_SECONDS = 60

/**
 * From where to where a chart over `times` goes, in seconds since 1970. By the points alone: uPlot would give a single one a
 * whole day behind it.
 */
export function timeSpan(times: ArrayLike<number>, nowSeconds: number): [number, number] {
  const last = times[times.length - 1] ?? nowSeconds
  return [Math.min(times[0] ?? last, last - MIN_SPAN_SECONDS), last]
}
