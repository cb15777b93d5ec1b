import t from 'tap'
import type { StoredEvent } from '../../lib/events/event.ts'
import { Lane, type MemoryBudget } from '../../lib/sqs/lane.ts'
import type { DeliveryStore } from '../../lib/store/delivery-store.ts'
import { newEvent } from '../support/new-event.ts'

const stored = (offset: number): StoredEvent => ({
  ...newEvent({ queues: ['a'] }),
  offset,
  instanceKey: 1,
  acceptedAt: 0
})

/** A lane that has events in the store, and what all lanes hold in memory. */
function laneBehind() {
  const budget: MemoryBudget = { used: 0, max: 1_000_000 }
  return {
    budget,
    lane: new Lane({ queue: 'a', instanceKey: 1, epoch: undefined, contentOf: (event) => event }, budget, {
      after: 0,
      behind: true
    })
  }
}

t.test('an event that is committed while a lane reads its last page is read next', async (t) => {
  const { lane } = laneBehind()
  lane.startLoading()
  await lane.load({
    readLane: async () => {
      // The page was read before the commit.
      lane.push(stored(1))
      return []
    }
  })
  t.match(lane, { state: 'idle', needsLoad: true })
  await lane.load({ readLane: async (_lane, { after }) => (after < 1 ? [stored(1)] : []) })
  t.match(lane.first, { offset: 1 })
})

t.test('a lane holds no more than the place of an event that no queue accepts', async (t) => {
  const { lane, budget } = laneBehind()
  lane.startLoading()
  const large = { ...stored(1), data: JSON.stringify('x'.repeat(2 ** 20)) }
  await lane.load({ readLane: async () => [large] })
  t.match(lane.first, { offset: 1, data: '', absentBytes: large.data.length })
  t.ok(budget.used < 1_000, `${budget.used} characters`)
})

t.test('a lane without room reads its next event only', async (t) => {
  const { lane, budget } = laneBehind()
  const limits: number[] = []
  const readLane: DeliveryStore['readLane'] = async (_lane, { after, limit }) => {
    limits.push(limit)
    return [stored(after + 1)]
  }
  budget.used = budget.max
  lane.startLoading()
  await lane.load({ readLane })
  t.match(lane, { size: 1, needsLoad: false })
  budget.used = 0
  t.equal(lane.needsLoad, true)
  lane.startLoading()
  await lane.load({ readLane })
  t.strictSame([limits[0], limits[1]! > 1], [1, true])
})

t.test(
  'a lane that is read again from its beginning sends nothing of its window, nor a new event before it',
  async (t) => {
    const { lane, budget } = laneBehind()
    lane.startLoading()
    await lane.load({ readLane: async () => [stored(1), stored(2)] })
    await lane.load({ readLane: async () => [] })
    lane.enterLine()
    lane.rewind()
    lane.push(stored(3))
    t.match(lane, { size: 0, needsLoad: true, state: 'queued' })
    t.strictSame(budget.used, 0)
    lane.leaveLine()
    lane.startLoading()
    await lane.load({ readLane: async (_lane, { after }) => [stored(after + 1)] })
    t.match(lane, { first: { offset: 1 }, needsLoad: true })
  }
)

t.test('a lane that is handed over while it reads keeps nothing in memory', async (t) => {
  const { lane, budget } = laneBehind()
  lane.startLoading()
  await lane.load({
    readLane: async () => {
      t.equal(lane.drop(), undefined)
      return [stored(1)]
    }
  })
  t.match(lane, { state: 'dropped', size: 0 })
  t.strictSame(budget.used, 0)
  await lane.load({ readLane: async () => t.fail('it reads no more') as never })
})

t.test('a lane that is handed over while its first event is put into S3 keeps nothing in memory', async (t) => {
  const { lane, budget } = laneBehind()
  lane.unshift([stored(1)])
  await lane.offload(async () => {
    lane.drop()
    return stored(1)
  })
  t.match(lane, { state: 'dropped', size: 0 })
  t.strictSame(budget.used, 0)
})

t.test('a lane that is handed over while a batch is under way leaves when the batch has come back', async (t) => {
  const { lane } = laneBehind()
  lane.unshift([stored(1), stored(2)])
  lane.shift()
  lane.depart()
  const left = lane.drop()
  t.match(lane, { state: 'leaving', size: 0 })
  lane.arrive()
  await left
  t.equal(lane.state, 'dropped')
})
