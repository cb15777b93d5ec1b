/** Seconds that a chart spans, at least. */
const MIN_SPAN_SECONDS = 60

/**
 * Start and end of a chart with these points, in seconds since 1970. uPlot's own range for a single point is a whole day.
 */
export function timeSpan(times: ArrayLike<number>, nowSeconds: number): [number, number] {
  const last = times[times.length - 1] ?? nowSeconds
  return [Math.min(times[0] ?? last, last - MIN_SPAN_SECONDS), last]
}
