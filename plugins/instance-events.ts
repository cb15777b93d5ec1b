import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { EmitResult } from '../lib/event-log/event-log.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'
import eventLogPlugin from './event-log.ts'

/** `fastify.onInstanceEvent`. */
export interface OnInstanceEvent {
  /**
   * Accepts several events, all of them or none, as the form for one event does. Results are in the order of the events.
   * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} bad input, naming the field
   * @throws {InstanceNotFoundError} {TooManyInstancesError} an instance is unknown, and not registered automatically
   * @throws {LimitExceededError} {BackpressureError} {ClosingError} not accepted; try again later
   */
  (inputs: readonly InstanceEventInput[]): Promise<EmitResult[]>
  /**
   * Accepts an event and sends it wherever it is selected: to SQS, to sockets, to both.
   * Resolves when it is durable; `duplicate` means that the instance had an event of this id already.
   * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} bad input, naming the field
   * @throws {InstanceNotFoundError} {TooManyInstancesError} the instance is unknown, and not registered automatically
   * @throws {LimitExceededError} {BackpressureError} {ClosingError} not accepted; try again later
   */
  (input: InstanceEventInput): Promise<EmitResult>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Accepts events and sends them wherever they are selected. All other ways in do the same. */
    onInstanceEvent: OnInstanceEvent
  }
}

const instanceEventsPlugin: FastifyPluginAsync = async (fastify) => {
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin)
  fastify.decorate('onInstanceEvent', fastify.eventLog.accept.bind(fastify.eventLog))
}

export default fp(instanceEventsPlugin, { name: 'fastify-instance-events/instance-events', fastify: '5.x' })
