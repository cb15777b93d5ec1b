import { once } from 'node:events'
import t from 'tap'
import { withDeadline } from '../../lib/sqs/deadline.ts'

t.test('work that ends in time gives its result or its error', async (t) => {
  t.equal(await withDeadline({ ms: 10_000, what: 'It' }, async () => 7), 7)
  await t.rejects(
    withDeadline({ ms: 10_000, what: 'It' }, async () => Promise.reject(new Error('own'))),
    { message: 'own' }
  )
})

t.test('work past its deadline is aborted and fails with its name, even if it ignores the abort', async (t) => {
  let aborted: Promise<unknown> | undefined
  const failed = withDeadline({ ms: 5, what: 'CreateQueue' }, (signal) => {
    aborted = once(signal, 'abort')
    return new Promise(() => {})
  })
  await t.rejects(failed, { code: 'IEV_TIMEOUT', message: 'CreateQueue was not finished within 0.005 s' })
  await aborted
})

t.test('an abort from outside ends work early', async (t) => {
  const outside = new AbortController()
  const failed = withDeadline({ ms: 10_000, what: 'It', signal: outside.signal }, () => new Promise(() => {}))
  outside.abort(new Error('closing'))
  await t.rejects(failed, { message: 'closing' })
  await t.rejects(
    withDeadline({ ms: 10_000, what: 'It', signal: outside.signal }, async () => 1),
    { message: 'closing' }
  )
})
