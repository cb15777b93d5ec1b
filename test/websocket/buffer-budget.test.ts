import t from 'tap'
import { BufferBudget, type Chunk, LIVE_SHARE, type Owner, REPLAY_SHARE } from '../../lib/websocket/buffer-budget.ts'

const chunk = (owner: Owner, bytes: number): Chunk => ({ owner, bytes, holders: 0 })

/** Holds pages of this size for as long as they fit. @returns how many did */
function fill(budget: BufferBudget, owner: Owner, bytes: number): number {
  let count = 0
  for (; budget.fits(owner, bytes, REPLAY_SHARE); count++) budget.hold(chunk(owner, bytes))
  return count
}

t.test('the replays of one instance take half of the budget, those of others half of what is left', (t) => {
  const budget = new BufferBudget(1_000)
  t.strictSame(
    [1, 2, 3, 'all' as const].map((owner) => fill(budget, owner, 10)),
    [50, 25, 12, 6]
  )
  t.ok(budget.held < budget.max)
  t.end()
})

t.test('live events of an instance have room where its replays have none', (t) => {
  const budget = new BufferBudget(1_000)
  fill(budget, 1, 10)
  t.notOk(budget.fits(1, 10, REPLAY_SHARE))
  t.ok(budget.fits(1, 10, LIVE_SHARE))
  t.end()
})

t.test('a chunk that several connections hold counts once, until the last one releases it', (t) => {
  const budget = new BufferBudget(1_000)
  const shared = chunk(1, 400)
  for (let n = 0; n < 100; n++) budget.hold(shared)
  t.equal(budget.held, 400)
  for (let n = 0; n < 99; n++) budget.release(shared)
  t.equal(budget.held, 400)
  budget.release(shared)
  t.equal(budget.held, 0)
  t.equal(fill(budget, 1, 10), 50)
  t.end()
})

t.test('messages larger than half of the budget are held outside of it, one at a time', (t) => {
  const budget = new BufferBudget(1_000)
  fill(budget, 1, 10)
  const large = chunk(1, 5_000)
  t.ok(budget.fits(1, large.bytes, REPLAY_SHARE))
  budget.hold(large)
  t.equal(budget.held, 5_500)
  t.notOk(budget.fits(2, 501, LIVE_SHARE), 'another one waits')
  t.ok(budget.fits(2, 10, REPLAY_SHARE), 'small ones do not')
  budget.release(large)
  t.ok(budget.fits(2, 501, LIVE_SHARE))
  t.end()
})
