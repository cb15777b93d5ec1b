import type { StoredEvent } from '../store/types.ts'
import { traceMember, traceparentOf } from '../trace-context.ts'
import { api, harmless, registeredTracer, spanTraceparent } from './opentelemetry.ts'

/**
 * The `extra` of an event, with a trace member. If a tracer is registered, an event that was submitted outside of any trace
 * gets a `create` span, and carries the context of that. An event that has a trace keeps it, and gets no span.
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/#producer-spans
 * @param queues the queues of the event; no span is created without one
 */
export function tracedExtra(event: Pick<StoredEvent, 'extra'>, queues: ReadonlySet<string>): string {
  const { extra } = event
  const tracer = queues.size > 0 ? registeredTracer() : undefined
  if (!api || !tracer || traceparentOf(event) !== undefined) return extra
  const { SpanKind } = api
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
