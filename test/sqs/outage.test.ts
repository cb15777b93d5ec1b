import t from 'tap'
import { CallError } from '../../lib/sqs/failures.ts'
import { Outage } from '../../lib/sqs/outage.ts'

const failed = (kind: 'transient' | 'missing-queue' | 'permanent', code: string, status?: number) =>
  new CallError({ kind, code, message: 'why' }, status)

t.test('a failure of every call is an outage until SQS answers', (t) => {
  const all = [
    failed('transient', 'ECONNREFUSED'),
    failed('transient', 'IEV_TIMEOUT'),
    failed('transient', 'IEV_SQS_NOT_SQS', 200),
    failed('transient', 'HTTP 502', 502),
    failed('transient', 'InternalError', 500),
    failed('transient', 'ExpiredTokenException', 403),
    failed('transient', 'RequestExpired', 400)
  ]
  for (const error of all) {
    const outage = new Outage()
    outage.failed(error)
    t.match(outage.failure, { kind: 'transient', code: error.name, message: /^(SQS is unreachable: )?why$/ })
    outage.answered()
    t.equal(outage.failure, undefined)
  }
  t.end()
})

t.test('a failure of one queue or message is no outage, and ends one', (t) => {
  const one = [
    failed('permanent', 'AccessDenied', 403),
    failed('missing-queue', 'QueueDoesNotExist', 400),
    failed('transient', 'RequestThrottled', 400),
    failed('transient', 'KmsThrottled', 400),
    failed('transient', 'QueueDeletedRecently', 400)
  ]
  for (const error of one) {
    const outage = new Outage()
    outage.failed(error)
    t.equal(outage.failure, undefined, error.name)
    outage.failed(failed('transient', 'ECONNRESET'))
    outage.failed(error)
    t.equal(outage.failure, undefined, error.name)
  }
  const outage = new Outage()
  outage.failed(failed('transient', 'ECONNRESET'))
  for (const foreign of [failed('permanent', 'HTTP 413', 413), failed('transient', 'HTTP 429', 429)]) {
    outage.failed(foreign)
    t.match(outage.failure, { code: 'ECONNRESET' }, 'a proxy tells nothing of SQS')
  }
  t.end()
})

t.test('an outage is forgotten after a minute without calls, whatever the clock says', (t) => {
  let now = 1_000
  t.intercept(performance, 'now', { value: () => now, configurable: true })
  t.intercept(Date, 'now', { value: () => 0, configurable: true })
  const outage = new Outage()
  outage.failed(failed('transient', 'ECONNRESET'))
  now += 60_000
  t.match(outage.failure, { code: 'ECONNRESET' })
  now += 1
  t.equal(outage.failure, undefined)
  t.end()
})
