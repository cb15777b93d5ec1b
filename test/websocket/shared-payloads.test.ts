import t from 'tap'
import { scopeOf } from '../support/scope-of.ts'
import { SharedPayloads } from '../../lib/websocket/shared-payloads.ts'
import type { StoredEvent } from '../../lib/events/event.ts'

const event = (offset: number): StoredEvent => ({
  offset,
  id: `${offset}`,
  instance: 'sales',
  instanceKey: 1,
  event: 'call',
  data: '1',
  envelope: '"id":"1"',
  traceparent: undefined,
  extra: '',
  flags: 0,
  queues: [],
  acceptedAt: 0
})
const [first, second] = [event(1), event(2)] as const
const scope = (namespace: string, filter?: string) =>
  scopeOf(namespace, 1, {
    events: filter === undefined ? undefined : new Set([filter]),
    instances: undefined,
    filter: undefined
  })

t.test('scopes that receive the same events of a namespace share a payload, whatever their filters', (t) => {
  const payloads = new SharedPayloads()
  const payload = payloads.of(scope('/sales'), [first, second])
  t.equal(payloads.of(scope('/sales', 'call'), [first, second]), payload)
  t.not(payloads.of(scope('/sales', 'call'), [first]), payload)
  t.not(payloads.of(scope('/sales', 'call'), [second, first]), payload)
  const { packets } = payloads.of(scope('/'), [first, second])
  t.match(packets[0], /^2\["call",/, 'another namespace has packets of its own')
  t.end()
})

t.test('a payload is compared with a few others of its namespace', (t) => {
  const payloads = new SharedPayloads()
  const lists = Array.from({ length: 20 }, (_, n) => [event(n)])
  const made = lists.map((list) => payloads.of(scope('/sales'), list))
  t.equal(payloads.of(scope('/sales'), lists[0] ?? []), made[0])
  t.not(payloads.of(scope('/sales'), lists[19] ?? []), made[19])
  t.end()
})
