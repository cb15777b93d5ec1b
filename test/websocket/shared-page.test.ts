import t from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import { checkOmission, type Omission } from '../../lib/filters/omission.ts'
import { SharedPage } from '../../lib/websocket/shared-page.ts'
import { newEvent } from '../support/new-event.ts'
import { scopeOf } from '../support/scope-of.ts'

const event = (offset: number): StoredEvent => ({
  ...newEvent({ data: '{"a":1}' }),
  offset,
  instanceKey: 1,
  acceptedAt: 0
})

/** A page of three events, whose audience, omitted members and live events the test decides. */
function page() {
  const decided = {
    held: undefined as StoredEvent[] | undefined,
    hidden: new Set<number>(),
    omission: undefined as Omission | undefined
  }
  const filters = { events: undefined, instances: undefined, filter: undefined }
  const scope = scopeOf('/sales', 1, filters, { omission: () => decided.omission })
  const shared = new SharedPage({
    after: 0,
    events: [1, 2, 3].map(event),
    reached: 3,
    prunedTo: 0,
    held: () => decided.held,
    audienceOf: ({ offset }) => ({ namespace: !decided.hidden.has(offset), root: false })
  })
  return { decided, scope, shared }
}

const offsets = ({ events }: { events: readonly StoredEvent[] }) => events.map(({ offset }) => offset)

t.test('a page is encoded once for all turns in which sockets receive the same of it', (t) => {
  const { scope, shared } = page()
  const { payload } = shared.of(scope, 1)
  t.equal(payload?.packets.length, 2)
  shared.turn()
  t.equal(shared.of(scope, 1).payload, payload)
  t.not(shared.of(scope, 0).payload, payload, 'of another position')
  t.end()
})

t.test('who may see an event of a page, and what of it, is decided anew in each turn', (t) => {
  const { decided, scope, shared } = page()
  t.same(offsets(shared.of(scope, 0)), [1, 2, 3])
  decided.hidden.add(2)
  shared.turn()
  t.same(offsets(shared.of(scope, 0)), [1, 3])
  t.equal(shared.of(scope, 0).payload?.packets.length, 2)
  decided.hidden.add(1).add(3)
  shared.turn()
  t.strictSame(shared.of(scope, 0), { events: [], payload: undefined, omission: undefined })
  decided.hidden.clear()
  decided.omission = checkOmission(['data.a'], 'omit')
  shared.turn()
  t.match(shared.of(scope, 0).payload?.packets, [/"data":\{\}/, /"data":\{\}/, /"data":\{\}/])
  t.end()
})

t.test('live events follow the last page as far as they have come, and are encoded once until there are more', (t) => {
  const { decided, scope, shared } = page()
  t.equal(shared.isLast, false)
  t.same(shared.heldFor(scope).events, [])
  decided.held = []
  shared.turn()
  t.equal(shared.isLast, true)
  t.equal(shared.heldFor(scope).payload, undefined)
  decided.held.push(event(4))
  t.same(offsets(shared.heldFor(scope)), [], 'not in the same turn')
  shared.turn()
  const { payload } = shared.heldFor(scope)
  t.equal(payload?.packets.length, 1)
  shared.turn()
  t.equal(shared.heldFor(scope).payload, payload)
  decided.held.push(event(5))
  shared.turn()
  t.same(offsets(shared.heldFor(scope)), [4, 5])
  t.end()
})
