import t from 'tap'
import { Backlog, countDeliveries } from '../../lib/store/backlog.ts'
import { newEvent } from '../support/new-event.ts'

const SHARE_USED = { code: 'IEV_BACKPRESSURE', instance: 'greedy' }
const KEYS = new Map(['greedy', 'other', 'third', 'fourth'].map((name, index) => [name, index + 1]))

function makeBacklog(max: number, byInstance: Record<string, number> = {}): Backlog {
  const keyOf = (instance: string) => KEYS.get(instance)
  const pending = Object.entries(byInstance).map(([name, count]) => [keyOf(name) as number, count] as const)
  const all = pending.reduce((sum, [, count]) => sum + count, 0)
  return new Backlog({ max, keyOf, pending: { all, byInstance: pending } })
}

const of = (deliveries: Record<string, number>) => new Map(Object.entries(deliveries))

/** Reserves one delivery after another until one is refused. @returns their number */
function fill(backlog: Backlog, instance: string): number {
  for (let count = 0; ; count++) {
    try {
      backlog.reserve(of({ [instance]: 1 }))
    } catch {
      return count
    }
  }
}

t.test('a reservation takes room until it is settled', (t) => {
  const backlog = makeBacklog(10, { greedy: 7 })
  backlog.reserve(of({ greedy: 3 }))
  t.throws(() => backlog.reserve(of({ greedy: 1 })), {
    code: 'IEV_BACKPRESSURE',
    message: /7 deliveries to SQS are pending, the limit is 10/,
    instance: undefined
  })
  backlog.settle(of({ greedy: 3 }))
  backlog.reserve(of({ greedy: 2 }))
  t.equal(backlog.pending, 7)
  t.end()
})

t.test('an append without deliveries finds room in a full backlog', (t) => {
  const backlog = makeBacklog(1)
  backlog.change(1, 1)
  t.doesNotThrow(() => backlog.reserve(countDeliveries([newEvent({ instance: 'greedy' })])))
  t.throws(() => backlog.reserve(of({ greedy: 1 })), { code: 'IEV_BACKPRESSURE' })
  t.end()
})

t.test('deliveries are counted by instance', (t) => {
  const events = [
    newEvent({ instance: 'greedy', queues: ['a', 'b'] }),
    newEvent({ instance: 'other' }),
    newEvent({ instance: 'greedy', queues: ['a'] })
  ]
  t.strictSame(countDeliveries(events), of({ greedy: 3, other: 0 }))
  t.end()
})

t.test('an instance alone may have all, and half while another has any', (t) => {
  t.equal(fill(makeBacklog(100), 'greedy'), 100)
  t.equal(fill(makeBacklog(100), 'unknown'), 100)
  const shared = makeBacklog(100, { other: 1 })
  t.equal(fill(shared, 'greedy'), 50)
  t.throws(() => shared.reserve(of({ greedy: 1 })), {
    code: 'IEV_BACKPRESSURE',
    message:
      /the "greedy" instance has used its share of pending deliveries to SQS \(50, the limit of all instances is 100\)/,
    instance: 'greedy'
  })
  t.equal(fill(shared, 'other'), 49)
  t.end()
})

t.test(
  'an instance that has all is refused from the first delivery of another on, until it has less than half',
  (t) => {
    const backlog = makeBacklog(100, { greedy: 100 })
    backlog.reserve(of({ other: 1 }))
    backlog.change(1, -50)
    t.throws(() => backlog.reserve(of({ greedy: 1 })), SHARE_USED)
    backlog.change(1, -1)
    t.doesNotThrow(() => backlog.reserve(of({ greedy: 1 })))
    backlog.settle(of({ other: 1 }))
    backlog.settle(of({ greedy: 1 }))
    backlog.correct({ all: 60, byInstance: [[1, 60]] })
    t.equal(fill(backlog, 'greedy'), 40, 'alone again')
    t.end()
  }
)

t.test('beyond the limit each instance has at most what is left of half as much, so that another finds room', (t) => {
  const backlog = makeBacklog(100, { greedy: 100 })
  t.strictSame(
    ['other', 'third', 'fourth'].map((instance) => fill(backlog, instance)),
    [25, 12, 6]
  )
  t.doesNotThrow(() => backlog.reserve(of({ unknown: 1 })))
  t.end()
})

t.test('a call of several instances is refused whole if one of them has no room', (t) => {
  const backlog = makeBacklog(100, { greedy: 50, other: 1 })
  t.throws(() => backlog.reserve(of({ other: 1, greedy: 1 })), SHARE_USED)
  t.equal(fill(backlog, 'other'), 49, 'nothing of it is kept')
  t.end()
})
