import { createRequire } from 'node:module'
import type * as Api from '@opentelemetry/api'

const api = optional()

/** The API, an optional peer. Loaded synchronously: a module that awaits at its top level cannot be `require`d. */
function optional(): typeof Api | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as typeof Api
  } catch {
    return undefined
  }
}

/** The `traceparent` of the span that is active where this is called; `undefined` without OpenTelemetry, or outside of any. */
export function activeTraceparent(): string | undefined {
  const span = api?.trace.getActiveSpan()?.spanContext()
  if (!span || !api?.isSpanContextValid(span)) return undefined
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}
