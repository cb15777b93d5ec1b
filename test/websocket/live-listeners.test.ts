import t from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import type { Listener } from '../../lib/websocket/listener.ts'
import { LiveListeners } from '../../lib/websocket/live-listeners.ts'
import type { Scope } from '../../lib/websocket/scope.ts'
import { newEvent } from '../support/new-event.ts'
import { scopeOf } from '../support/scope-of.ts'

const all = { events: undefined, instances: undefined, filter: undefined }
const BOTH = { namespace: true, root: true }

function stored(members: Partial<StoredEvent> = {}): StoredEvent {
  return { ...newEvent(), offset: 1, instanceKey: 1, acceptedAt: 0, ...members }
}

/** Only the scope of a listener is looked at. */
const listener = (scope: Scope) => ({ scope }) as Listener

t.test('events are routed to every group of listeners that may see them, in their order', (t) => {
  const live = new LiveListeners()
  const listeners = [
    scopeOf('/sales', 1, all),
    scopeOf('/sales', 1, { ...all, events: new Set(['call']) }),
    scopeOf('/', 1, all),
    scopeOf('/', undefined, all),
    scopeOf('/other', 2, all)
  ].map(listener)
  const twin = listener(scopeOf('/sales', 1, all))
  for (const one of [...listeners, twin]) live.add(one)
  const events = [
    stored({ offset: 1, event: 'call' }),
    stored({ offset: 2, instanceKey: 2 }),
    stored({ offset: 3, instanceKey: 3 }),
    stored({ offset: 4 })
  ]
  const asked: number[] = []
  const routed = live.route(events, ({ offset }) => {
    asked.push(offset)
    return BOTH
  })
  const offsets = new Map(
    [...routed].flatMap(([{ listeners }, list]) => [...listeners].map((one) => [one, list.map(({ offset }) => offset)]))
  )
  t.strictSame(
    [...listeners, twin].map((one) => offsets.get(one)),
    [[1, 4], [1], [1, 4], [1, 2, 3, 4], [2], [1, 4]]
  )
  t.strictSame(asked, [1, 2, 3, 4], 'each event is looked at once')
  t.equal(routed.size, 5, 'listeners that see the same are one group')
  t.end()
})

t.test('a listener that was removed gets no events, and without listeners no event is looked at', (t) => {
  const live = new LiveListeners()
  const [first, second, onRoot] = [scopeOf('/a', 1, all), scopeOf('/a', 1, all), scopeOf('/', undefined, all)].map(
    listener
  ) as [Listener, Listener, Listener]
  const heard = () => [...live.route([stored()], () => BOTH).keys()].flatMap(({ listeners }) => [...listeners])
  live.remove(first)
  for (const one of [first, second, onRoot]) live.add(one)
  live.remove(first)
  live.remove(first)
  t.strictSame(heard(), [second, onRoot])
  live.remove(second)
  t.strictSame(heard(), [onRoot])
  live.remove(onRoot)
  live.remove(onRoot)
  const routed = live.route([stored()], () => {
    throw new Error('it was looked at')
  })
  t.equal(routed.size, 0)
  live.add(first)
  t.strictSame(heard(), [first])
  t.end()
})
