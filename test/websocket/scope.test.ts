import t from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import { newEvent } from '../support/new-event.ts'
import { scopeOf } from '../support/scope-of.ts'

const all = { events: undefined, instances: undefined, filter: undefined }
const BOTH = { namespace: true, root: true }

function stored(members: Partial<StoredEvent> = {}): StoredEvent {
  return { ...newEvent(), offset: 1, instanceKey: 1, acceptedAt: 0, ...members }
}

t.test('a scope includes the events that its namespace carries', (t) => {
  const own = scopeOf('/sales', 1, all)
  const root = scopeOf('/', undefined, all)
  const cases = [
    [BOTH, true, true],
    [{ namespace: true, root: false }, true, false],
    [{ namespace: false, root: true }, false, true],
    [{ namespace: false, root: false }, false, false]
  ] as const
  for (const [audience, onNamespace, onRoot] of cases) {
    t.equal(own.includes(stored(), audience), onNamespace)
    t.equal(root.includes(stored(), audience), onRoot)
  }
  t.end()
})

t.test('a scope includes only events of its instance, by key and not by name', (t) => {
  for (const namespace of ['/sales', '/']) {
    const own = scopeOf(namespace, 1, all)
    t.equal(own.includes(stored({ instanceKey: 1, instance: 'renamed' }), BOTH), true)
    t.equal(own.includes(stored({ instanceKey: 2, instance: 'sales' }), BOTH), false)
  }
  t.equal(scopeOf('/', undefined, all).includes(stored({ instanceKey: 9 }), BOTH), true)
  t.end()
})

t.test('a scope includes only events that its filters name', (t) => {
  const scope = scopeOf('/', undefined, { ...all, events: new Set(['call']), instances: new Set(['a', 'b']) })
  for (const [event, instance, expected] of [
    ['call', 'a', true],
    ['call', 'b', true],
    ['call', 'c', false],
    ['messages.upsert', 'a', false]
  ] as const) {
    t.equal(scope.includes(stored({ event, instance }), BOTH), expected, `${event} of ${instance}`)
  }
  t.equal(scopeOf('/', undefined, { ...all, events: new Set() }).includes(stored(), BOTH), false)
  t.end()
})

t.test('scopes have the same id if they include the same events', (t) => {
  const set = (...names: string[]) => new Set(names)
  t.equal(
    scopeOf('/', undefined, { ...all, events: set('a', 'b'), instances: set('c', 'd') }).id,
    scopeOf('/', undefined, { ...all, events: set('b', 'a'), instances: set('d', 'c') }).id
  )
  const different = [
    scopeOf('/', undefined, all),
    scopeOf('/', 1, all),
    scopeOf('/', 2, all),
    scopeOf('/1', 1, all),
    scopeOf('/', undefined, { ...all, events: set('a') }),
    scopeOf('/', undefined, { ...all, instances: set('a') }),
    scopeOf('/', undefined, { ...all, events: set('a', 'b') }),
    scopeOf('/', undefined, { ...all, events: set('a,b') }),
    scopeOf('/', undefined, { ...all, events: set() }),
    scopeOf('/', undefined, { ...all, filter: { a: [1] } }),
    scopeOf('/', undefined, { ...all, filter: { a: [2] } })
  ]
  t.equal(new Set(different.map(({ id }) => id)).size, different.length)
  t.end()
})
