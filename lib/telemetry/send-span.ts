import type * as Api from '@opentelemetry/api'
import type { BatchResult } from '../sqs/batch-client.ts'
import { entryFailure, failureCode, failureMessage } from '../sqs/failures.ts'
import type { SqsAddress } from '../sqs/address.ts'
import type { StoredEvent } from '../events/event.ts'
import { harmless, openTelemetry, registeredTracer, remoteSpan } from './opentelemetry.ts'

/** One call of SendMessageBatch. */
export interface SendCall {
  readonly queue: string
  readonly url: string
  readonly items: readonly { readonly event: StoredEvent }[]
  /** Returns the endpoint. Called only if a tracer is registered. */
  readonly address: () => Promise<SqsAddress>
}

/** Description of the key that `suppressTracing()` of @opentelemetry/core sets in a context, so that no span is recorded in it. */
const SUPPRESS_TRACING = 'OpenTelemetry SDK Context Key SUPPRESS_TRACING'

/**
 * Sends a batch in a span of kind PRODUCER, if a tracer is registered. The span links to the traces of the events, and
 * belongs to their trace if all have the same. Instrumentation of the SDK and of HTTP is suppressed during the call, so that
 * each call has exactly one span.
 * https://opentelemetry.io/docs/specs/semconv/messaging/sqs/
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function withSendSpan<T extends BatchResult>(call: SendCall, send: () => Promise<T>): Promise<T> {
  const tracer = registeredTracer()
  return tracer ? withSpan(tracer, call, send) : send()
}

async function withSpan<T extends BatchResult>(tracer: Api.Tracer, call: SendCall, send: () => Promise<T>): Promise<T> {
  const { trace, context, createContextKey } = openTelemetry() as typeof Api
  // Events are sent even if the tracer throws.
  const started = await start(tracer, call).catch(() => undefined)
  if (!started) return send()
  const { span, parent } = started
  const within = trace.setSpan(parent, span).setValue(createContextKey(SUPPRESS_TRACING), true)
  return context.with(within, send).then(
    (result) => {
      const [refused, ...others] = result.Failed
      const message = `SQS refused ${others.length + 1} of ${call.items.length} events`
      end(span, refused && { code: entryFailure(refused).code, message })
      return result
    },
    (error: unknown) => {
      end(span, { code: failureCode(error), message: failureMessage(error) })
      throw error
    }
  )
}

async function start(tracer: Api.Tracer, call: SendCall) {
  const { ROOT_CONTEXT, SpanKind, trace } = openTelemetry() as typeof Api
  const traces = call.items.map(({ event }) => event.traceparent)
  const links = [...new Set(traces)].flatMap((traceparent) =>
    traceparent === undefined ? [] : [{ context: remoteSpan(traceparent) }]
  )
  const [first] = links
  const shared = first && traces.every((traceparent) => traceparent?.includes(first.context.traceId))
  // Not the active span, which belongs to the request that happened to start the sender.
  const parent = shared ? trace.setSpanContext(ROOT_CONTEXT, first.context) : ROOT_CONTEXT
  const options = { kind: SpanKind.PRODUCER, links, attributes: await attributesOf(call) }
  return { span: tracer.startSpan(`SendMessageBatch ${call.queue}`, options, parent), parent }
}

async function attributesOf({ queue, url, items, address }: SendCall): Promise<Api.Attributes> {
  const { host, variables } = await address()
  const { hostname, port } = new URL(`https://${host}`)
  return {
    'messaging.system': 'aws_sqs',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'SendMessageBatch',
    'messaging.destination.name': queue,
    'messaging.batch.message_count': items.length,
    'aws.sqs.queue.url': url,
    // An address with variables is a pattern, since the region is not known.
    ...(!variables && { 'server.address': hostname, ...(port !== '' && { 'server.port': Number(port) }) })
  }
}

function end(span: Api.Span, failure: { code: string; message: string } | undefined): void {
  const { SpanStatusCode } = openTelemetry() as typeof Api
  harmless(() => {
    if (failure) {
      span.setAttribute('error.type', failure.code)
      span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message })
    }
    span.end()
  })
}
