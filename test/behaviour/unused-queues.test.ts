import t from 'tap'
import { build } from '../support/build.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { holdSends } from '../support/held-calls.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

t.test('a queue that is selected again while its deletion waits is kept, with its messages', async (t) => {
  const sqs = await startSqs(t)
  const server = await build(t, { sqs: { ...sqs.options, deleteUnusedQueues: true, deleteUnusedAfterMs: 500 } })
  const change = async (enabled: boolean) => server.sqs.set('mine', { enabled, events: ['CALL'] })
  await change(true)
  await server.sqs.set('other', { enabled: true, events: ['CALL'] })
  await change(false)
  await change(true)
  await server.eventLog.instances.remove('mine')
  await change(true)
  await server.onInstanceEvent({ instance: 'mine', event: 'call', data: 1 })
  // It is deleted after the time at which the other would be.
  await server.eventLog.instances.remove('other')
  await until(() => sqs.depth('other_call.fifo') === undefined)
  t.match(await sqs.bodies('mine_call.fifo', 1), [{ data: 1 }])
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
      const looks = proxies.map(({ calls }) => calls.filter(({ action }) => action === 'ListQueueTags').length)
      t.strictSame(looks, [0, 2])
    }
  )
}
