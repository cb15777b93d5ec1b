import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Fault } from '../support/fault-proxy.ts'
import { build } from '../support/build.ts'
import { checkQueues } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { numbers } from '../support/resuming.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

if (await havePostgres(t)) {
  t.test('an unanswered call delays the hand-over of the instance that it sends for, not of others', async (t) => {
    const { url } = await startDatabase(t)
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const node = (endpoint: string) =>
      build(t, { eventLog: { url }, sqs: { ...sqs.options, endpoint, global: { events: ['CALL'] } } })
    const one = await node(proxy.endpoint)
    const held = Promise.withResolvers<Fault>()
    const called = Promise.withResolvers<void>()
    proxy.decide = ({ action }) => {
      if (action !== 'SendMessageBatch') return undefined
      called.resolve()
      return held.promise
    }
    await one.onInstanceEvent({ instance: 'slow', event: 'call', data: 0 })
    await soon(called.promise, 'a call to SQS')

    const two = await node(sqs.options.endpoint)
    let closed = false
    const closing = one.close().then(() => (closed = true))
    const instances = numbers(20).map((n) => `instance-${n}`)
    for (const instance of [...instances, 'slow']) await two.onInstanceEvent({ instance, event: 'call', data: 1 })
    await until(() => sqs.depth('global_call.fifo') === instances.length)
    // If the other node sent it before the open call has ended, it would arrive in this time.
    await pause(100)
    t.equal(sqs.depth('global_call.fifo'), instances.length)
    t.notOk(closed)
    held.resolve(undefined)
    await soon(closing, 'the end of the node')
    await until(() => sqs.depth('global_call.fifo') === instances.length + 2)
    const expected = new Map<string, unknown[]>(instances.map((instance) => [instance, [1]]))
    checkQueues(t, sqs.server, { 'global_call.fifo': expected.set('slow', [0, 1]) })
  })

  t.test('a queue that never answers delays the hand-over of no other queue', async (t) => {
    const { url } = await startDatabase(t)
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const node = (endpoint: string) => build(t, { eventLog: { url }, sqs: { ...sqs.options, endpoint } })
    const one = await node(proxy.endpoint)
    const instances = numbers(20).map((n) => `instance-${n}`)
    for (const instance of [...instances, 'slow']) await one.sqs.set(instance, { enabled: true, events: ['CALL'] })
    const held = Promise.withResolvers<Fault>()
    const called = Promise.withResolvers<void>()
    proxy.decide = ({ action, body }) => {
      if (action !== 'SendMessageBatch' || !String(body.QueueUrl).endsWith('/slow_call.fifo')) return undefined
      called.resolve()
      return held.promise
    }
    const everywhere = (depth: number) =>
      until(() => instances.every((instance) => sqs.depth(`${instance}_call.fifo`) === depth))
    for (const instance of ['slow', ...instances]) await one.onInstanceEvent({ instance, event: 'call', data: 0 })
    await soon(called.promise, 'a call to SQS')
    await everywhere(1)

    const two = await node(sqs.options.endpoint)
    for (const instance of instances) await two.onInstanceEvent({ instance, event: 'call', data: 1 })
    const begun = performance.now()
    let closed = false
    const closing = one.close().then(() => (closed = true))
    for (const instance of [...instances, 'slow']) await two.onInstanceEvent({ instance, event: 'call', data: 2 })
    await everywhere(3)
    const tookMs = performance.now() - begun
    // A second more than on an idle machine.
    t.ok(tookMs < 2_000, `${Math.round(tookMs)} ms`)
    t.notOk(closed)
    t.equal(sqs.depth('slow_call.fifo'), 0)
    held.resolve(undefined)
    await soon(closing, 'the end of the node')
    await until(() => sqs.depth('slow_call.fifo') === 2)
    checkQueues(t, sqs.server, {
      ...Object.fromEntries(instances.map((instance) => [`${instance}_call.fifo`, new Map([[instance, [0, 1, 2]]])])),
      'slow_call.fifo': new Map([['slow', [0, 2]]])
    })
  })
}
