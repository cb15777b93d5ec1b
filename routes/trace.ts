import type { FastifyInstance, FastifyRequest } from 'fastify'
import { activeTraceparent } from '../lib/telemetry/opentelemetry.ts'
import { parseTraceparent } from '../lib/telemetry/trace-context.ts'

/** Returns the trace of a request: that of the server's active span, if it is instrumented, else that of the header. */
export function requestTrace({ headers }: FastifyRequest): { traceparent?: string } {
  const traceparent = activeTraceparent() ?? parseTraceparent(headers.traceparent)
  return traceparent === undefined ? {} : { traceparent }
}

/** Adds `traceparent` to the log lines of requests that have one. */
export function logTraces(fastify: FastifyInstance): void {
  const { childLoggerFactory } = fastify
  fastify.setChildLoggerFactory(function (logger, bindings, options, request) {
    const traceparent = parseTraceparent(request.headers.traceparent)
    const traced = traceparent === undefined ? bindings : { ...bindings, traceparent }
    return childLoggerFactory.call(this, logger, traced, options, request)
  })
}
