import t from 'tap'
import { RateLimits, type RateName } from '../../lib/event-log/rate-limits.ts'
import type { Instance } from '../../lib/instances/instance.ts'
import { type InstanceLimits, SERVER_LIMITS } from '../../lib/instances/limits.ts'
import { newEvent } from '../support/new-event.ts'

const EVENT_BYTES = 100

/** Events of an instance, of `EVENT_BYTES` each. */
function events(instance: string, count: number) {
  const rest = newEvent({ instance, data: '' })
  const data = '1'.repeat(EVENT_BYTES - rest.envelope.length - rest.extra.length)
  return Array.from({ length: count }, () => newEvent({ instance, data }))
}

function start({
  limits = {},
  defaults = {}
}: {
  limits?: { [instance: string]: Partial<InstanceLimits> }
  defaults?: Partial<Record<RateName, number>>
}) {
  let now = 0
  const instances = new Map(
    Object.entries(limits).map(([name, own]) => [name, { limits: { ...SERVER_LIMITS, ...own } } as Instance])
  )
  const rates = new RateLimits({
    instances,
    defaults: { eventsPerSecond: 0, bytesPerSecond: 0, ...defaults },
    except: 'ops',
    now: () => now
  })
  /** Posts at a time; returns 0 if accepted, or the milliseconds after which to try again. */
  const outcome = (atMs: number, call: () => void): number => {
    now = atMs
    try {
      call()
      return 0
    } catch (error) {
      return (error as { retryAfterMs: number }).retryAfterMs
    }
  }
  return {
    rates,
    instances,
    post: (atMs: number, instance: string, count = 1) => outcome(atMs, () => rates.take(events(instance, count))),
    any: (atMs: number, instance: string) => outcome(atMs, () => rates.assertAny(instance))
  }
}

t.test('an instance may post as many events as one second allows at once, then as many a second', async (t) => {
  const { post, any } = start({ limits: { sales: { eventsPerSecond: 10 } } })
  t.equal(post(0, 'sales', 4), 0)
  t.equal(post(0, 'sales', 6), 0)
  t.equal(post(0, 'sales'), 100)
  t.equal(any(0, 'sales'), 100, 'nothing is left')
  t.equal(post(99, 'sales'), 1)
  t.equal(any(100, 'sales'), 0)
  t.equal(any(0, 'support'), 0)
  t.equal(post(100, 'sales'), 0)
  t.equal(post(100, 'sales', 5), 500)
  t.equal(post(600, 'sales', 5), 0)
  t.equal(post(60_000, 'sales', 10), 0, 'a bucket holds one second')
  t.equal(post(60_000, 'sales'), 100)
  t.equal(post(60_000, 'support', 1_000), 0, 'another instance has no limit')
})

t.test('a call larger than a second is accepted by a full bucket, and paid for later', async (t) => {
  const { post } = start({ limits: { sales: { eventsPerSecond: 10 } } })
  t.equal(post(0, 'sales'), 0)
  t.equal(post(0, 'sales', 50), 100)
  t.equal(post(100, 'sales', 50), 0)
  t.equal(post(100, 'sales'), 4_100)
  t.equal(post(4_199, 'sales'), 1)
  t.equal(post(4_200, 'sales'), 0)
})

t.test('bytes are limited as well, and a refused call takes nothing of either', async (t) => {
  const { post } = start({ limits: { sales: { eventsPerSecond: 10, bytesPerSecond: 5 * EVENT_BYTES } } })
  t.equal(post(0, 'sales', 4), 0)
  t.equal(post(0, 'sales', 2), 200)
  t.equal(post(0, 'sales'), 0)
  t.equal(post(200, 'sales'), 0)
})

t.test('a call for several instances is accepted for all or none', async (t) => {
  const { rates, post } = start({ limits: { a: { eventsPerSecond: 2 }, b: { eventsPerSecond: 2 } } })
  t.equal(post(0, 'b', 2), 0)
  t.throws(() => rates.take([...events('a', 2), ...events('b', 1)]), { code: 'IEV_LIMIT_EXCEEDED', message: /"b"/ })
  t.equal(post(0, 'a', 2), 0)
})

t.test(
  'the default applies to instances without their own limit, also to unknown ones, but not to the exception',
  async (t) => {
    const { post, instances } = start({
      limits: { free: { eventsPerSecond: 0 }, own: { eventsPerSecond: 3 }, plain: {} },
      defaults: { eventsPerSecond: 1 }
    })
    const rates = ['free', 'own', 'plain', 'unknown', 'ops'].map((name) => [post(0, name, 3), post(0, name)])
    t.same(rates, [
      [0, 0],
      [0, 334],
      [0, 3_000],
      [0, 3_000],
      [0, 0]
    ])
    instances.set('plain', { limits: { ...SERVER_LIMITS, eventsPerSecond: 0 } } as Instance)
    t.equal(post(0, 'plain'), 0, 'a change applies at once')
  }
)

t.test('buckets that are full again are forgotten', async (t) => {
  const { post, rates } = start({ defaults: { eventsPerSecond: 1 } })
  for (let index = 0; index < 1_000; index++) post(index * 1_000, `n${index}`)
  t.ok(rates.size <= 3, `${rates.size} are kept`)
  for (let index = 0; index < 100; index++) post(1_000_000, `m${index}`)
  t.ok(rates.size >= 100, 'those that are not full are kept')
})
