import { once } from 'node:events'
import t from 'tap'
import { Rounds } from '../../lib/activity/rounds.ts'
import { logLines } from '../support/log-lines.ts'
import { Watch } from '../support/watch.ts'

t.test('watchers look again and again; a round that fails is logged, and stopping waits for the last', async (t) => {
  const { log, lines } = logLines()
  const watch = new Watch()
  const last = Promise.withResolvers<void>()
  let round = 0
  const rounds = new Rounds({
    watchers: [
      {
        look: () => {
          round++
          watch.changed()
        }
      },
      {
        look: async () => {
          if (round === 1) throw new Error('gone')
          if (round === 3) await last.promise
        }
      }
    ],
    restMs: 1,
    log,
    failure: 'It failed'
  })
  const warned = once(lines, 'line')
  rounds.start()
  t.match(await warned, [{ level: 40, msg: 'It failed', err: { message: 'gone' } }])
  await watch.until(() => round === 3)
  let stopped = false
  const stopping = rounds.stop().then(() => (stopped = true))
  await Promise.resolve()
  t.equal(stopped, false)
  last.resolve()
  await stopping
  await rounds.stop()
  t.equal(round, 3)
})
