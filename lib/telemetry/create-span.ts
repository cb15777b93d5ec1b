import type * as Api from '@opentelemetry/api'
import type { StoredEvent } from '../events/event.ts'
import { traceMember, traceparentOf } from './trace-context.ts'
import { harmless, openTelemetry, registeredTracer, spanTraceparent } from './opentelemetry.ts'

/**
 * The `extra` of an event, with a trace member. If a tracer is registered, an event that was submitted outside of any trace
 * gets a `create` span, and carries the context of that. An event that has a trace keeps it, and gets no span.
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#producer-spans
 * @param queues the queues of the event; no span is created without one
 */
export function tracedExtra(event: Pick<StoredEvent, 'extra'>, queues: ReadonlySet<string>): string {
  const { extra } = event
  const tracer = queues.size > 0 ? registeredTracer() : undefined
  if (!tracer || traceparentOf(event) !== undefined) return extra
  // There is a tracer, so there is an API.
  const { SpanKind } = openTelemetry() as typeof Api
  const [queue] = queues
  const created = harmless(() => {
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
  if (created === undefined) return extra
  return extra === '' ? traceMember(created) : `${traceMember(created)},${extra}`
}
