import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { EmitResult } from '../lib/event-log/event-log.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'
import eventLogPlugin from './event-log.ts'

/** `fastify.onInstanceEvent`. */
export type OnInstanceEvent = (input: InstanceEventInput) => Promise<EmitResult>

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Accepts an event and sends it wherever it is selected: to SQS, to sockets, to both.
     * Resolved means durable; `duplicate` means that the instance had an event of this id already.
     * @throws {EventInvalidError} {EventUnknownError} {InstanceNameError} bad input, naming the field
     * @throws {InstanceNotFoundError} the instance is unknown, and `autoRegister` is off
     * @throws {BackpressureError} {ClosingError} not accepted; try again later
     */
    onInstanceEvent: OnInstanceEvent
  }
}

const instanceEventsPlugin: FastifyPluginAsync = async (fastify) => {
  if (!fastify.hasDecorator('eventLog')) await fastify.register(eventLogPlugin)
  const { eventLog } = fastify
  fastify.decorate('onInstanceEvent', (input) => eventLog.accept(input))
}

export default fp(instanceEventsPlugin, { name: 'fastify-instance-events/instance-events', fastify: '5.x' })
