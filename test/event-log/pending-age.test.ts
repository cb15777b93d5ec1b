import t from 'tap'
import { PendingAge } from '../../lib/event-log/pending-age.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000

t.test('the age of the oldest pending event grows, also after the clock is set back', async (t) => {
  let oldest: number | null = null
  const age = new PendingAge({ oldestPending: async () => oldest })
  const seconds = async () => (await age.seconds()) as number
  t.equal(await age.seconds(), null)
  oldest = Date.now() + HOUR_MS
  const first = await seconds()
  t.ok(first >= 0)
  await until(async () => (await seconds()) > first)
  oldest = Date.now() - HOUR_MS
  t.ok((await seconds()) >= 3_600, 'that of an earlier run counts from when it was accepted')
  oldest = Date.now() + HOUR_MS
  t.ok((await seconds()) < 3_600, 'another event has an age of its own')
  oldest = null
  t.equal(await age.seconds(), null)
})
