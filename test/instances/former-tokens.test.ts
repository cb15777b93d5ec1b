import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { FormerTokens, isOver } from '../../lib/instances/former-tokens.ts'
import { blankInstance } from '../../lib/instances/memory-directory.ts'
import { hashToken } from '../../lib/instances/token-digest.ts'

const DAY_MS = 86_400_000

/** Former tokens in a time that the test moves. */
function start(t: Test) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 })
  t.after(() => mock.timers.reset())
  const ended: string[] = []
  const tokens = new FormerTokens((name) => ended.push(name))
  const put = (name: string, keepMs: number | undefined) => {
    const formerToken = keepMs === undefined ? null : { hash: hashToken(name), until: new Date(Date.now() + keepMs) }
    tokens.put({ ...blankInstance(name), key: 1, formerToken })
  }
  return { ended, tokens, put }
}

t.test('the time of a former token is over to the millisecond, also after weeks', async (t) => {
  const { ended, put } = start(t)
  put('sales', 30 * DAY_MS)
  for (let day = 0; day < 29; day++) mock.timers.tick(DAY_MS)
  mock.timers.tick(DAY_MS - 1)
  t.strictSame(ended, [])
  mock.timers.tick(1)
  t.strictSame(ended, ['sales'])
  mock.timers.tick(DAY_MS)
  t.strictSame(ended, ['sales'])
})

t.test('the record that comes last counts', async (t) => {
  const { ended, tokens, put } = start(t)
  put('sales', 1_000)
  put('sales', 5_000)
  put('none', 1_000)
  put('none', undefined)
  put('gone', 1_000)
  tokens.drop({ name: 'gone' })
  mock.timers.tick(4_999)
  t.strictSame(ended, [])
  mock.timers.tick(1)
  t.strictSame(ended, ['sales'])
})

t.test('a system clock that is set forward ends a former token within a minute', async (t) => {
  const { ended, put } = start(t)
  put('sales', DAY_MS)
  mock.timers.setTime(Date.now() + DAY_MS)
  mock.timers.tick(60_000)
  t.strictSame(ended, ['sales'])
})

t.test('nothing ends after close', async (t) => {
  const { ended, tokens, put } = start(t)
  put('sales', 1_000)
  tokens.close()
  mock.timers.tick(DAY_MS)
  t.strictSame(ended, [])
})

t.test('a former token is over at its time', async (t) => {
  start(t)
  const until = new Date(Date.now() + 1)
  const formerToken = { hash: hashToken('a'), until }
  t.equal(isOver(formerToken), false)
  mock.timers.tick(1)
  t.equal(isOver(formerToken), true)
  t.equal(isOver(null), false)
})
