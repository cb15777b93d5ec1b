import type { FastifyInstance } from 'fastify'
import type { EmitResult } from '../lib/event-log/event-log.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'
import { QuietLog } from '../lib/telemetry/quiet-log.ts'
import '../plugins/event-log.ts'
import { deriveId } from './derive-id.ts'
import type { EventRoutesOptions } from './events.ts'

export interface WebhookRoutesOptions extends EventRoutesOptions {
  /** True if an event without an id gets a derived one, which its repeats share. */
  derivedIds: boolean
  /** What to do with an event that is not in the catalogue. */
  unknownEvents: 'accept' | 'refuse'
}

/** Accepts the event of a webhook. @param dateTime the time for a derived id @default the event's own */
export type AcceptWebhook = (input: InstanceEventInput, dateTime?: string) => Promise<EmitResult>

/** Returns a function that accepts the webhook events of a scope. */
export function webhookAcceptor(fastify: FastifyInstance, options: WebhookRoutesOptions): AcceptWebhook {
  const { intake, derivedIds, unknownEvents } = options
  const { eventLog } = fastify
  const { catalogue } = eventLog
  const quietLog = new QuietLog(fastify.log)

  return async (input, dateTime = input.dateTime) => {
    const known = catalogue.find(input.event)
    const { name, unlisted = false } = known ?? catalogue[unknownEvents === 'accept' ? 'unlisted' : 'get'](input.event)
    const named = { ...input, event: name }
    const timed = dateTime === undefined ? named : { ...named, dateTime }
    const { id = derivedIds ? await deriveId(timed, intake) : undefined } = named
    const accepted = await eventLog.accept({ ...named, ...(id !== undefined && { id }) }, { unlisted })
    if (unlisted)
      quietLog.warn(
        name,
        { event: name, instance: input.instance },
        'An event that is not in the catalogue was accepted'
      )
    return accepted
  }
}
