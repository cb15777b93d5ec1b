import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Test } from 'tap'

/** A tracer as an instrumented program registers it; until the test is over. @returns the spans that have ended */
export function startTracer(t: Test): () => ReadableSpan[] {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const contexts = new AsyncLocalStorageContextManager().enable()
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(contexts)
  t.after(async () => {
    trace.disable()
    context.disable()
    contexts.disable()
    await provider.shutdown()
  })
  return () => exporter.getFinishedSpans()
}
