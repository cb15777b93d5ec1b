import type { Test } from 'tap'
import { followLog } from '../../support/follow-log.ts'
import { pendingLanes } from '../../support/pending-lanes.ts'
import { RecordingWatcher } from '../../support/recorders.ts'
import { newEvent, newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const CLOSING = { code: 'IEV_CLOSING', statusCode: 503 }

export function closing(t: Test, open: Open): void {
  void t.test('a store can be closed twice, and refuses later calls', async (t) => {
    const { store } = await open(t)
    const [event] = await store.log.append([newEvent({ queues: ['a'] })])
    const { key } = await store.instances.create({ name: 'support', token: 'secret-1' })
    await Promise.all([store.close(), store.close()])
    await t.resolves(store.close())
    const delivery = { queue: 'a', instanceKey: key, offset: event!.offset }
    const page = { after: 0, limit: 1, maxBytes: 1 }
    const calls: Record<string, () => Promise<unknown>> = {
      append: () => store.log.append(newEvents(1)),
      read: () => store.log.read(page),
      range: () => store.log.range(),
      commonWith: () => store.log.commonWith('id'),
      watch: () => store.deliveries.watch(new RecordingWatcher()),
      readLane: () => store.deliveries.readLane(delivery, page),
      acknowledge: () => store.deliveries.acknowledge([delivery]),
      bury: () => store.deliveries.bury(delivery, { reason: 'r', message: 'm', attempts: 1 }),
      readDeadLetters: () => store.deadLetters.read(page),
      prune: () => store.log.prune({ acceptedBefore: 0, maxBytes: 1 }),
      check: () => store.check(),
      create: () => store.instances.create({ name: 'new', token: 'secret-2' }),
      setToken: () => store.instances.setToken('support', 'secret-2'),
      setSelection: () => store.instances.setSelection('new', 'sqs', { enabled: true, events: [] }, { register: true }),
      remove: () => store.instances.remove('support')
    }
    for (const [name, call] of Object.entries(calls)) await t.rejects(call() as Promise<void>, CLOSING, name)
  })

  void t.test('writes before a close are completed, lazy ones included', async (t) => {
    const { store, reopen } = await open(t)
    const [first, second] = await store.log.append(newEvents(2, { queues: ['a'] }))
    const instanceKey = store.instances.require('sales').key
    const acknowledged = store.deliveries.acknowledge([{ queue: 'a', instanceKey, offset: first!.offset }])
    const appended = store.log.append(newEvents(1))
    const created = store.instances.create({ name: 'support', token: 'secret-1' })
    const reopened = await reopen()
    await t.resolves(Promise.all([acknowledged, appended, created]))
    t.equal(reopened.deliveries.pendingCount(), 1)
    const page = { after: 0, limit: 10, maxBytes: 10_000 }
    const pending = await reopened.deliveries.readLane({ queue: 'a', instanceKey }, page)
    t.strictSame(
      pending.map(({ offset }) => offset),
      [second?.offset]
    )
    t.equal((await reopened.log.read(page)).length, 3)
    t.equal(reopened.instances.findByToken('secret-1')?.name, 'support')
  })

  void t.test('an append that a subscriber makes during a close is refused', async (t) => {
    const { store } = await open(t)
    const followUps: Promise<unknown>[] = []
    followLog(store, () => followUps.push(t.rejects(store.log.append(newEvents(1)), CLOSING)))
    const appended = store.log.append(newEvents(1))
    await store.close()
    await appended
    t.equal(followUps.length, 1)
    await Promise.all(followUps)
  })

  void t.test('a reopened store is as it was', async (t) => {
    const { store, reopen } = await open(t, { maxPendingDeliveries: 5 })
    const results = await store.log.append([
      newEvent({ instance: 'sales', id: 'order-1', queues: ['a', 'b'], extra: '"n":1', flags: 5 }),
      newEvent({ instance: 'loja são/1', event: 'call', queues: ['a'] }),
      ...newEvents(2)
    ])
    const sales = store.instances.require('sales').key
    const delivery = { queue: 'b', instanceKey: sales, offset: results[0]!.offset }
    await store.deliveries.bury(delivery, { reason: 'r', message: 'm', attempts: 2 })
    await store.instances.create({ name: 'sales', token: 'secret-1', integration: 'EVOLUTION' })
    await store.instances.setSelection('sales', 'sqs', { enabled: false, events: ['CALL', 'X'] }, { register: false })
    await store.instances.setSelection('other', 'websocket', { enabled: true, events: [] }, { register: true })

    const state = async (from: typeof store) => ({
      events: await from.log.read({ after: 0, limit: 100 }),
      range: { ...(await from.log.range()), id: 'of the start' },
      lanes: await pendingLanes(from),
      lane: await from.deliveries.readLane(
        { queue: 'a', instanceKey: sales },
        { after: 0, limit: 10, maxBytes: 1_000 }
      ),
      pending: from.deliveries.pendingCount(),
      deadLetters: await from.deadLetters.read({ after: 0, limit: 10 }),
      instances: from.instances
        .list()
        .toArray()
        .sort((a, b) => a.key - b.key),
      byToken: from.instances.findByToken('secret-1')?.key
    })
    const before = await state(store)
    t.match(before, { pending: 2, byToken: sales, deadLetters: [delivery] })
    const reopened = await reopen()
    t.strictSame(await state(reopened), before)

    const [again, [next]] = await Promise.all([
      reopened.log.append([newEvent({ instance: 'sales', id: 'order-1' })]),
      reopened.log.append([newEvent({ instance: 'sales' })])
    ])
    t.strictSame(again, [{ id: 'order-1', offset: results[0]?.offset, duplicate: true }])
    t.ok(next!.offset > results.at(-1)!.offset, 'offsets continue')
    await t.rejects(
      reopened.log.append(newEvents(4, { queues: ['a'] })),
      { code: 'IEV_BACKPRESSURE' },
      'the limit counts on'
    )
    await t.rejects(reopened.instances.create({ name: 'new', token: 'secret-1' }), { code: 'IEV_TOKEN_TAKEN' })
  })
}
