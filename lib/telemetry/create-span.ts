import type * as Api from '@opentelemetry/api'
import { harmless, openTelemetry, registeredTracer, spanTraceparent } from './opentelemetry.ts'

/**
 * Creates the `create` span of an event that was submitted outside of any trace, and returns its `traceparent`.
 * `undefined` if the event goes to no queue, or no tracer is registered.
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#producer-spans
 */
export function createTrace(queues: ReadonlySet<string>): string | undefined {
  const tracer = queues.size > 0 ? registeredTracer() : undefined
  if (!tracer) return undefined
  // With a tracer, the API is loaded.
  const { SpanKind } = openTelemetry() as typeof Api
  const [queue] = queues
  return harmless(() => {
    const one = queues.size === 1
    const span = tracer.startSpan(one ? `create ${queue}` : 'create', {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'aws_sqs',
        'messaging.operation.type': 'create',
        'messaging.operation.name': 'create',
        ...(one && { 'messaging.destination.name': queue })
      }
    })
    span.end()
    return spanTraceparent(span)
  })
}
