import t from 'tap'
import { SharedRun } from '../../../lib/store/postgres/shared-run.ts'

t.test('calls during a run share the next one, which begins after them, also if the first one fails', async (t) => {
  const runs: PromiseWithResolvers<void>[] = []
  const shared = new SharedRun(() => {
    const run = Promise.withResolvers<void>()
    runs.push(run)
    return run.promise
  })
  await shared.settled()
  const first = shared.run()
  const [second, third] = [shared.run(), shared.run()]
  t.equal(second, third)
  t.ok(shared.running)
  t.equal(runs.length, 1)
  const settled = shared.settled()
  runs[0]!.reject(new Error('no'))
  await t.rejects(first, { message: 'no' })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(runs.length, 2)
  runs[1]!.resolve()
  await Promise.all([second, settled])
  t.notOk(shared.running)
  const last = shared.run()
  const end = shared.settled()
  runs[2]!.reject(new Error('again'))
  await t.rejects(last, { message: 'again' })
  await t.resolves(end)
})
