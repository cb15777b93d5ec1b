import t from 'tap'
import { Shares } from '../../lib/operation/shares.ts'
import type { EventStore } from '../../lib/store/event-store.ts'

const NONE = { byQueue: new Map(), byInstance: new Map() }

t.test('counts are read again after a second, and after twenty times as long as reading takes', async (t) => {
  let now = 0
  let reads = 0
  let tookMs = 10
  t.intercept(performance, 'now', { value: () => now, configurable: true })
  const deliveries = {
    shares: async () => {
      reads++
      now += tookMs
      if (tookMs === Infinity) throw new Error('away')
      return NONE
    }
  }
  const group = { reason: 'AccessDenied', queue: 'a', instance: 'sales', count: 2 }
  const groups = { groups: [group, { ...group, reason: 'Other', count: 1 }], queues: [{ name: 'a', count: 3 }] }
  const shares = new Shares({ deliveries, deadLetters: { groups: async () => groups } } as unknown as EventStore)
  await Promise.all([shares.read(), shares.read()])
  t.strictSame(await shares.read(), {
    pending: NONE,
    deadLetters: { byQueue: new Map([['a', 3]]), byInstance: new Map([['sales', 3]]) }
  })
  t.equal(reads, 1)
  now += 1_000
  tookMs = 500
  await Promise.all([shares.read(), shares.read()])
  t.equal(reads, 2)
  now += 9_000
  await shares.read()
  t.equal(reads, 2)
  now += 1_000
  tookMs = Infinity
  await t.rejects(shares.read(), { message: 'away' })
  now = 0
  tookMs = 1
  await shares.read()
  t.equal(reads, 4, 'a failure is not reused')
})
