import type { TSchema } from '@sinclair/typebox'
import type { EventCatalogue } from '../events/catalogue.ts'
import { instanceEventSchemas } from '../schemas/events/index.ts'
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

/** The events of a catalogue with their schemas. Events that the host added have no schema. */
export function describedEvents({ events }: EventCatalogue): DescribedEvent[] {
  const schemas: Record<string, TSchema> = instanceEventSchemas
  return events.map(({ name, key }) => {
    const {
      description = 'An event that this server adds to those of Evolution API.',
      examples = [{}],
      ...schema
    } = schemas[name] ?? {}
    return { name, key, summary: description, schema, example: examples[0] }
  })
}
