import t from 'tap'
import { build } from '../support/build.ts'

t.test('ready lists a check of each part, and repeats it every two seconds at most', async (t) => {
  const server = await build(t)
  let asked = 0
  const { status } = server.sqs
  server.sqs.status = () => {
    asked++
    return status.call(server.sqs)
  }
  for (let n = 0; n < 3; n++) {
    const reply = await server.inject('/ready')
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), {
      status: 'ready',
      checks: { eventLog: { ok: true }, sqs: { ok: true }, websocket: { ok: true } }
    })
  }
  t.equal(asked, 1)
})

t.test('a store that cannot be written, or a server that is closing, is not ready', async (t) => {
  const server = await build(t, { sqs: false })
  server.eventLog.store.check = () =>
    Promise.reject(Object.assign(new Error('disk full'), { code: 'IEV_BACKPRESSURE' }))
  const reply = await server.inject('/ready')
  t.equal(reply.statusCode, 503)
  t.match(reply.json(), {
    status: 'unavailable',
    checks: { eventLog: { ok: false, code: 'IEV_BACKPRESSURE', message: 'disk full' } }
  })

  const closing = await build(t, { sqs: false })
  closing.eventLog.stopIntake()
  t.equal((await closing.inject('/ready')).statusCode, 503)
  t.equal((await closing.inject('/health')).statusCode, 200)
})
