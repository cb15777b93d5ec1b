import t from 'tap'
import { readExtras, writeExtras } from '../../lib/events/extras.ts'

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

t.test('a trace and the members of the caller are written as one text and read back from it', async (t) => {
  const written = [
    { text: '', extras: { traceparent: undefined, extra: '' } },
    { text: '"isLatest":true', extras: { traceparent: undefined, extra: '"isLatest":true' } },
    { text: `"traceparent":"${TRACE}"`, extras: { traceparent: TRACE, extra: '' } },
    { text: `"traceparent":"${TRACE}","isLatest":true`, extras: { traceparent: TRACE, extra: '"isLatest":true' } }
  ]
  t.strictSame(
    written.map(({ extras }) => writeExtras(extras)),
    written.map(({ text }) => text)
  )
  t.strictSame(
    written.map(({ text }) => readExtras(text)),
    written.map(({ extras }) => extras)
  )
})

t.test('a member "traceparent" that is no trace context stays among the members of the caller', async (t) => {
  const texts = [
    '"traceparent":"of an older release","n":1',
    `"traceparent":"${TRACE} and more","n":1`,
    `"traceparent":"${TRACE}\\"","n":1`,
    `"traceparent":"${TRACE}`,
    `"n":1,"traceparent":"${TRACE}"`
  ]
  t.strictSame(
    texts.map(readExtras),
    texts.map((extra) => ({ traceparent: undefined, extra }))
  )
  t.strictSame(texts.map(readExtras).map(writeExtras), texts)
})
