import t from 'tap'
import { build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { holdSends } from '../support/held-calls.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

t.test('a queue that is selected again while its deletion waits is kept', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, deleteUnusedQueues: true, deleteUnusedAfterMs: 500 } })
  const set = (instance: string, enabled = true) => server.sqs.set(instance, { enabled, events: ['CALL'] })
  for (const instance of ['switched', 'renewed', 'gone']) await set(instance)
  await set('switched', false)
  await set('switched')
  await server.eventLog.instances.remove('renewed')
  await set('renewed')
  // Its queue is deleted after the time at which the others would be.
  await server.eventLog.instances.remove('gone')
  await until(() => sqs.depth('gone_call.fifo') === undefined)
  t.equal(sqs.depth('switched_call.fifo'), 0)
  t.equal(sqs.depth('renewed_call.fifo'), 0)
})

if (await havePostgres(t)) {
  t.test(
    'only the node that deletes an instance deletes its queues, and none that another node sends to',
    async (t) => {
      const { url } = await startDatabase(t)
      const sqs = await startSqs(t)
      const proxies = [await startFaultProxy(t, sqs.options.endpoint), await startFaultProxy(t, sqs.options.endpoint)]
      const nodes = []
      for (const { endpoint } of proxies)
        nodes.push(
          await build(t, {
            eventLog: { url },
            sqs: { ...sqs.options, endpoint, deleteUnusedQueues: true, deleteUnusedAfterMs: 0 }
          })
        )
      const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
      for (const instance of ['idle', 'busy']) await one.sqs.set(instance, { enabled: true, events: ['CALL'] })
      const held = proxies.map((proxy) => holdSends(proxy))
      await one.onInstanceEvent({ instance: 'busy', event: 'call', data: 1 })
      await soon(Promise.race(held.map(({ asked }) => asked)), 'a call to SQS')
      // One of them sends the event, and both have to know of it.
      await one.eventLog.instances.remove('busy')
      await two.sqs.set('busy', { enabled: true, events: ['CALL'] })
      await two.eventLog.instances.remove('busy')
      await two.eventLog.instances.remove('idle')
      await until(() => sqs.depth('idle_call.fifo') === undefined)
      for (const { release } of held) release()
      t.match(await sqs.bodies('busy_call.fifo', 1), [{ data: 1 }])
      const deleted = proxies.map(({ calls }) =>
        calls
          .filter(({ action }) => action === 'DeleteQueue')
          .map(({ body }) => String(body.QueueUrl).split('/').at(-1))
      )
      t.strictSame(deleted, [[], ['idle_call.fifo']])
    }
  )
}
