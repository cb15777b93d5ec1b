import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Test } from 'tap'

/** Registers a tracer for the test, as an instrumented program does. @returns a function that returns the ended spans */
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
