import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DeliveryWriter } from '../../lib/sqs/delivery-writer.ts'
import { Lanes, type LanesOptions } from '../../lib/sqs/lanes.ts'
import type { DeliveryStore, LaneKey, LaneWatcher } from '../../lib/store/delivery-store.ts'
import { partitionOf } from '../../lib/store/partitions.ts'
import { newEvent } from '../support/new-event.ts'

const LANES: readonly LaneKey[] = Array.from({ length: 30 }, (_, n) => ({ queue: `queue-${n}`, instanceKey: n + 1 }))
const LAST = LANES.at(-1) as LaneKey

/** Lanes on a store that never answers, and a clock that is 4 ms later each time that it is looked at. */
async function onSlowClock(t: Test) {
  let now = 0
  t.intercept(performance, 'now', { value: () => (now += 4) })
  const watching = Promise.withResolvers<LaneWatcher>()
  const read: number[] = []
  const deliveries: Partial<DeliveryStore> = {
    epoch: undefined,
    watch: async (watcher) => {
      watching.resolve(watcher)
      return async () => {}
    },
    readLane: ({ instanceKey }) => {
      read.push(instanceKey)
      return new Promise(() => {})
    }
  }
  const lanes = new Lanes({
    deliveries: deliveries as DeliveryStore,
    writer: { settled: async () => {} } as DeliveryWriter,
    contentOf: (event) => event,
    log: {} as LanesOptions['log'],
    guard: (_, work) => work()
  })
  await lanes.start({ stalled: false, enqueue: () => {}, grown: () => {}, wake: () => {}, pump: () => {} })
  return { lanes, watcher: await watching.promise, begun: () => [...lanes].map(({ queue }) => queue) }
}

t.test('very many pending lanes begin in several turns of the event loop', async (t) => {
  const { watcher, begun } = await onSlowClock(t)
  watcher.pending(LANES)
  const counts = [begun().length]
  watcher.pending([{ ...LAST, queue: 'late' }])
  while (begun().length <= LANES.length) {
    await turn()
    counts.push(begun().length)
  }
  t.same(begun(), [...LANES.map(({ queue }) => queue), 'late'])
  t.ok(counts.length > 5, `${counts.join()} lanes, turn by turn`)
})

t.test(
  'a lane that has not begun does when its instance has a new event, as its older events come first',
  async (t) => {
    const { lanes, watcher, begun } = await onSlowClock(t)
    watcher.pending(LANES)
    watcher.appended([{ ...newEvent({ queues: [LAST.queue] }), ...LAST, offset: 9, acceptedAt: 0 }])
    t.ok(begun().length < LANES.length)
    t.equal(begun().at(-1), LAST.queue)
    t.match([...lanes].at(-1), { rewinding: true, size: 0 })
  }
)

t.test('lanes that have not begun are not sent by a process that loses the right to, or that stops', async (t) => {
  const { lanes, watcher, begun } = await onSlowClock(t)
  watcher.pending(LANES)
  watcher.revoked(new Set([partitionOf(LAST.instanceKey)]))
  watcher.appended([{ ...newEvent({ queues: [LAST.queue] }), ...LAST, offset: 9, acceptedAt: 0 }])
  t.match([...lanes].at(-1), { rewinding: false }, 'its older events do not begin with a new one')
  await lanes.stop()
  await turn()
  const count = begun().length
  t.ok(count < LANES.length)
  await turn()
  t.equal(begun().length, count)
})
