import type { FastifyInstance, FastifyRequest } from 'fastify'
import { activeTraceparent } from '../lib/telemetry/opentelemetry.ts'
import { parseTraceparent } from '../lib/telemetry/trace-context.ts'

/** The trace that a request belongs to: of the server's own span, if it is instrumented, else as the caller says. */
export function requestTrace({ headers }: FastifyRequest): { traceparent?: string } {
  const traceparent = activeTraceparent() ?? parseTraceparent(headers.traceparent)
  return traceparent === undefined ? {} : { traceparent }
}

/** What is logged of a request says which trace it belongs to. */
export function logTraces(fastify: FastifyInstance): void {
  const { childLoggerFactory } = fastify
  fastify.setChildLoggerFactory(function (logger, bindings, options, request) {
    const traceparent = parseTraceparent(request.headers.traceparent)
    const traced = traceparent === undefined ? bindings : { ...bindings, traceparent }
    return childLoggerFactory.call(this, logger, traced, options, request)
  })
}
