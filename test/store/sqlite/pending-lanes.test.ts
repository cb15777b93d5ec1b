import t from 'tap'
import { PendingLanes } from '../../../lib/store/sqlite/pending-lanes.ts'

t.test('lanes that are empty are given up in the end, those with pending deliveries stay', async (t) => {
  const lanes = new PendingLanes()
  lanes.add(1, 7, 3)
  for (let instanceKey = 10; instanceKey < 10_020; instanceKey++) {
    lanes.add(instanceKey, 1, instanceKey)
    lanes.remove(instanceKey, 1, instanceKey)
  }
  t.same(lanes.lanes(), [{ queueKey: 7, instanceKey: 3 }])
  t.same([lanes.first(), lanes.has(1, 7, 3)], [{ offset: 1, queueKey: 7 }, true])
  t.same(lanes.counts(), { all: 1, byInstance: new Map([[3, 1]]) })
  lanes.add(20_000, 1, 10)
  t.same(lanes.deliveries(), [
    { queueKey: 7, instanceKey: 3, offset: 1 },
    { queueKey: 1, instanceKey: 10, offset: 20_000 }
  ])
})

t.test('the largest keys do not meet', async (t) => {
  const lanes = new PendingLanes()
  const lane = { queueKey: 2 ** 26, instanceKey: 2 ** 26 - 1 }
  lanes.add(5, lane.queueKey, lane.instanceKey)
  t.same(lanes.lanes(), [lane])
  t.notOk(lanes.has(5, lane.queueKey + 1, 0))
})
