import { createRequire } from 'node:module'
import type * as Api from '@opentelemetry/api'
import { packageVersion } from '../package-version.ts'

const NAME = 'fastify-instance-events'

/** Where all copies of the API meet: it is there once something has been registered with one of them. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')
let loaded: { api: typeof Api | undefined } | undefined
let version: string | undefined

/**
 * OpenTelemetry's API, an optional peer; `undefined` where it is not installed, or nothing is registered with it: then it is
 * not loaded. Loaded synchronously, since an event is traced while it is accepted.
 */
export function openTelemetry(): typeof Api | undefined {
  if (!(REGISTRY in globalThis)) return undefined
  loaded ??= { api: harmless(() => createRequire(import.meta.url)('@opentelemetry/api') as typeof Api) }
  return loaded.api
}

/** The tracer of the registered tracer provider; `undefined` without one. */
export function registeredTracer(): Api.Tracer | undefined {
  // The API always gives its proxy: until a provider is registered, there is no tracer behind it.
  const proxy = openTelemetry()?.trace.getTracerProvider() as Api.ProxyTracerProvider | undefined
  return proxy?.getDelegateTracer(NAME, (version ??= packageVersion()))
}

/** The `traceparent` of the span that is active where this is called; `undefined` without OpenTelemetry, or outside of any. */
export function activeTraceparent(): string | undefined {
  return spanTraceparent(openTelemetry()?.trace.getActiveSpan())
}

/** A span as `traceparent`; `undefined` for one that belongs to no trace. */
export function spanTraceparent(span: Api.Span | undefined): string | undefined {
  const context = span?.spanContext()
  if (!context || !openTelemetry()?.isSpanContextValid(context)) return undefined
  return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, '0')}`
}

/** The span that a `traceparent` of version 00 names, as a link or a parent. */
export function remoteSpan(traceparent: string): Api.SpanContext {
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string]
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

/** @returns the result of `work`; `undefined` if it throws: a fault of telemetry must not stop an event */
export function harmless<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
