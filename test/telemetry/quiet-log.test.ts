import Fastify from 'fastify'
import t from 'tap'
import { QuietLog } from '../../lib/telemetry/quiet-log.ts'

t.test('a warning of one kind is written once in ten seconds, with the number of suppressed ones', (t) => {
  const lines: Record<string, unknown>[] = []
  const { log } = Fastify({
    logger: { level: 'debug', stream: { write: (line) => void lines.push(JSON.parse(line)) } }
  })
  let now = 1_000_000
  t.intercept(performance, 'now', { value: () => now, configurable: true })
  const quiet = new QuietLog(log)
  for (let n = 0; n < 100; n++) quiet.warn('a', { n }, 'It fails')
  quiet.warn('b', {}, 'Another fails')
  t.match(lines, [
    { level: 40, n: 0, msg: 'It fails' },
    { level: 40, msg: 'Another fails' }
  ])
  t.equal(lines.length, 2)
  now += 10_001
  quiet.warn('a', { n: 100 }, 'It fails')
  quiet.warn('c', {}, 'A third fails')
  t.match(lines.slice(2), [{ n: 100, suppressed: 99 }, { msg: 'A third fails' }])
  quiet.warn('b', {}, 'Another fails')
  t.notOk('suppressed' in (lines[4] ?? {}), 'nothing was suppressed of it')
  t.end()
})
