import { randomUUID } from 'node:crypto'
import type { NewEvent } from '../../lib/events/event.ts'

/** An event with a new id, as `append` takes it. */
export function newEvent(members: Partial<NewEvent> = {}): NewEvent {
  return {
    instance: 'sales',
    id: randomUUID(),
    event: 'messages.upsert',
    data: '{"text":"olá"}',
    envelope: '"server_url":"https://hub.example","sender":null',
    traceparent: undefined,
    extra: '',
    flags: 0,
    queues: [],
    ...members
  }
}

/** Events with new ids, as `append` takes them. */
export function newEvents(count: number, members: Partial<NewEvent> = {}): NewEvent[] {
  return Array.from({ length: count }, () => newEvent(members))
}
