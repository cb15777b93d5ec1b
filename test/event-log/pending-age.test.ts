import t from 'tap'
import { PendingAge } from '../../lib/event-log/pending-age.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000

/** The age of the oldest delivery, which the test sets. */
function start() {
  let oldest: { offset: number; queue: string; acceptedAt: number } | null = null
  const age = new PendingAge({ oldestPending: async () => oldest })
  let offset = 0
  return {
    age,
    seconds: async () => (await age.seconds()) as number,
    accepted: (acceptedAt: number) => void (oldest = { offset: ++offset, queue: 'a', acceptedAt }),
    inQueue: (queue: string) => void (oldest &&= { ...oldest, queue }),
    none: () => void (oldest = null)
  }
}

t.test('the age of the oldest pending event grows, also after the clock is set back', async (t) => {
  const { age, seconds, accepted, none } = start()
  t.equal(await age.seconds(), null)
  accepted(Date.now() + HOUR_MS)
  const first = await seconds()
  t.ok(first >= 0)
  await until(async () => (await seconds()) > first)
  accepted(Date.now() - HOUR_MS)
  t.ok((await seconds()) >= 3_600, 'that of an earlier run counts from when it was accepted')
  accepted(Date.now() + HOUR_MS)
  t.ok((await seconds()) < 3_600, 'another event has an age of its own')
  none()
  t.equal(await age.seconds(), null)
})

t.test('a delivery is unchanged from when it was seen first, until another one is the oldest', async (t) => {
  const { age, accepted, inQueue, none } = start()
  const unchanged = async () => (await age.oldest())?.unchangedSeconds as number
  accepted(Date.now() - HOUR_MS)
  t.match(await age.oldest(), { queue: 'a', unchangedSeconds: 0 })
  const times = [performance.now()]
  t.intercept(performance, 'now', { value: () => times.at(-1), configurable: true })
  const before = await unchanged()
  times.push(performance.now() + 90_000)
  t.equal(Math.round((await unchanged()) - before), 90)
  inQueue('b')
  t.strictSame(await age.oldest().then((oldest) => [oldest?.queue, oldest?.unchangedSeconds]), ['b', 0])
  times.push(performance.now() + 90_000)
  accepted(Date.now())
  t.equal(await unchanged(), 0)
  none()
  t.equal(await age.oldest(), null)
})
