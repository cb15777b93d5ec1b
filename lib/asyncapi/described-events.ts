import type { TSchema } from '@sinclair/typebox'
import type { EventCatalogue } from '../events/catalogue.ts'
import { instanceEventSchemas } from '../schemas/events/index.ts'
import type { Schema } from './types.ts'

export interface DescribedEvent {
  name: string
  key: string
  summary: string
  /** Of its `data`. */
  schema: Schema
  /** Of its `data`. */
  example: unknown
}

/** What the document says of the events of a catalogue. The data of a host's own is any JSON. */
export function describedEvents({ events }: EventCatalogue): DescribedEvent[] {
  const schemas: Record<string, TSchema> = instanceEventSchemas
  return events.map(({ name, key }) => {
    const { description = 'An event of this server’s own.', examples = [{}], ...schema } = schemas[name] ?? {}
    return { name, key, summary: description, schema, example: examples[0] }
  })
}
