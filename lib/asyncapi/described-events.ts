import type { TSchema } from '@sinclair/typebox'
import type { CatalogueEvent } from '../events/catalogue.ts'
import { DESCRIBED_HUBS } from '../hubs/described-hubs.ts'
import { hubEventName } from '../hubs/hub.ts'
import { instanceEventSchemas } from '../schemas/events/index.ts'
import { operatorEventSchemas } from '../schemas/events/operator.ts'
import type { Schema } from './types.ts'

export interface DescribedEvent {
  name: string
  key: string
  summary: string
  /** Schema of `data`. */
  schema: Schema
  /** Example of `data`. */
  example: unknown
}

/** Title and summary of messages with webhook events that are not in the catalogue. */
export const UNLISTED_EVENT = {
  title: 'another event',
  summary:
    'An event of a webhook that is not in the catalogue. Selections of all events include it, under its own name.'
}

/** Events with their schemas. Only those of Evolution API and of the operator have one. */
export function describedEvents(events: readonly CatalogueEvent[]): DescribedEvent[] {
  const schemas: Record<string, TSchema> = { ...instanceEventSchemas, ...operatorEventSchemas }
  const described = new Map(
    DESCRIBED_HUBS.flatMap((hub) =>
      Object.entries(hub.events).map(([event, text]) => [hubEventName(hub, event), `${hub.title}: ${text}`] as const)
    )
  )
  return events.map(({ name, key }) => {
    const {
      description = described.get(name) ?? 'An event that this server adds to those of its hubs.',
      examples = [{}],
      ...schema
    } = schemas[name] ?? {}
    return { name, key, summary: description, schema, example: examples[0] }
  })
}
