import { createRequire } from 'node:module'
import type * as Api from '@opentelemetry/api'
import { packageVersion } from '../package-version.ts'

const NAME = 'fastify-instance-events'

/** The global that all copies of the API share. It exists once something has been registered with one of them. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')
let loaded: { api: typeof Api | undefined } | undefined
let version: string | undefined

/**
 * Returns OpenTelemetry's API, an optional peer; `undefined` if it is not installed, or if nothing is registered with it: then
 * it is not loaded. Loads synchronously, since an event is traced while it is accepted.
 */
export function openTelemetry(): typeof Api | undefined {
  if (!(REGISTRY in globalThis)) return undefined
  loaded ??= { api: harmless(() => createRequire(import.meta.url)('@opentelemetry/api') as typeof Api) }
  return loaded.api
}

/** Returns the tracer of the registered tracer provider; `undefined` without one. */
export function registeredTracer(): Api.Tracer | undefined {
  // The API always returns its proxy, which has no tracer until a provider is registered.
  const proxy = openTelemetry()?.trace.getTracerProvider() as Api.ProxyTracerProvider | undefined
  return proxy?.getDelegateTracer(NAME, (version ??= packageVersion()))
}

/** Returns the `traceparent` of the active span; `undefined` without OpenTelemetry or without an active span. */
export function activeTraceparent(): string | undefined {
  return spanTraceparent(openTelemetry()?.trace.getActiveSpan())
}

/** Returns a span as `traceparent`; `undefined` if it belongs to no trace. */
export function spanTraceparent(span: Api.Span | undefined): string | undefined {
  const context = span?.spanContext()
  if (!context || !openTelemetry()?.isSpanContextValid(context)) return undefined
  return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, '0')}`
}

/** Returns the span that a `traceparent` of version 00 names, to be linked or used as parent. */
export function remoteSpan(traceparent: string): Api.SpanContext {
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string]
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

/** Returns the result of `work`; `undefined` if it throws, since a fault of telemetry must not stop an event. */
export function harmless<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
