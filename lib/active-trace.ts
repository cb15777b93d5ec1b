// An optional peer: who traces has it installed, and its own instrumentation has filled it.
const api = await import('@opentelemetry/api').catch(() => undefined)

/** The `traceparent` of the span that is active where this is called; `undefined` without OpenTelemetry, or outside of any. */
export function activeTraceparent(): string | undefined {
  const span = api?.trace.getActiveSpan()?.spanContext()
  if (!span || !api?.isSpanContextValid(span)) return undefined
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}
