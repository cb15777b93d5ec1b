import { SERVER_LIMITS } from '../../../lib/instances/limits.ts'
import type { Test } from 'tap'
import type { InstanceChange } from '../../../lib/instances/directory.ts'
import type { EventStore } from '../../../lib/store/event-store.ts'
import { newEvent } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

/** The contents of a directory, for comparison. */
function shown({ instances }: EventStore) {
  return instances
    .list()
    .toArray()
    .map(({ key, id, name, tokenHash, selections }) => ({ key, id, name, tokenHash, selections }))
    .sort((a, b) => a.key - b.key)
}

export function instanceChanges(t: Test, open: Open): void {
  void t.test('watchers are called for updates and removals, not for new instances', async (t) => {
    const { store } = await open(t)
    const changes: InstanceChange[] = []
    const unwatch = store.instances.watch((change) => {
      const now = store.instances.get(change.before.name)
      t.equal(now, change.type === 'updated' ? change.after : undefined)
      changes.push(change)
    })
    const first = await store.instances.create({ name: 'sales', token: 'secret-1' })
    await store.log.append([newEvent({ instance: 'sales' }), newEvent({ instance: 'support' })])
    t.strictSame(changes, [])
    const second = await store.instances.setToken('sales', 'secret-2')
    const third = await store.instances.setSelection('sales', 'sqs', { enabled: true, events: [] }, { register: true })
    const removed = await store.instances.remove('sales')
    t.strictSame(changes, [
      { type: 'updated', before: first, after: second },
      { type: 'updated', before: second, after: third },
      { type: 'removed', before: third, here: true }
    ])
    t.strictSame(removed, third)
    unwatch()
    await store.instances.remove('support')
    t.equal(changes.length, 3)
  })

  void t.test('the limit of an instance is kept, and a registered instance is left as it is', async (t) => {
    const { store, reopen } = await open(t)
    const made = await store.instances.register('sales', 'HUB')
    t.match(made, { name: 'sales', integration: 'HUB', tokenHash: null, silenceAfterMinutes: null })
    await store.instances.setSilence('sales', 30)
    t.match(await store.instances.register('sales', 'OTHER'), { key: made.key, integration: 'HUB' })
    await store.instances.setToken('sales', 'secret-1')
    await store.instances.setSelection('sales', 'sqs', { enabled: true, events: [] }, { register: true })
    await store.instances.create({ name: 'support', token: 'secret-2', silenceAfterMinutes: 0 })
    await t.rejects(store.instances.setSilence('nobody', 1), { code: 'IEV_INSTANCE_NOT_FOUND' })
    await t.rejects(store.instances.register('', null), { code: 'IEV_INSTANCE_NAME_INVALID' })
    const [one, two] = await Promise.all([
      store.instances.register('care', null),
      store.instances.register('care', 'HUB')
    ])
    t.equal(one.key, two.key)
    const { instances } = await reopen()
    t.same(
      ['sales', 'support', 'care'].map((name) => instances.require(name).silenceAfterMinutes),
      [30, 0, null]
    )
    await instances.setSilence('sales', null)
    t.equal(instances.require('sales').silenceAfterMinutes, null)
  })

  void t.test('limits of an instance are kept, and other changes leave them', async (t) => {
    const { store, reopen } = await open(t)
    const limits = { eventsPerSecond: 5, bytesPerSecond: null, sockets: 0, retainedBytes: 1_099_511_627_776 }
    await store.instances.create({ name: 'sales', token: 'secret-1', limits })
    await store.instances.register('support', null)
    await store.instances.setLimits('support', { ...limits, sockets: 2 })
    await store.instances.setToken('support', 'secret-2')
    await store.instances.setSelection('sales', 'sqs', { enabled: true, events: [] }, { register: true })
    await store.instances.register('plain', null)
    await t.rejects(store.instances.setLimits('nobody', limits), { code: 'IEV_INSTANCE_NOT_FOUND' })
    const of = ({ instances }: EventStore) =>
      ['sales', 'support', 'plain'].map((name) => instances.require(name).limits)
    const expected = [limits, { ...limits, sockets: 2 }, SERVER_LIMITS]
    t.same(of(store), expected)
    const reopened = await reopen()
    t.same(of(reopened), expected)
    await reopened.instances.setLimits('sales', SERVER_LIMITS)
    t.same(of(await reopen())[0], expected[2])
  })

  void t.test('a removed instance is gone with its token and selections', async (t) => {
    const { store, reopen } = await open(t)
    await store.instances.create({
      name: 'sales',
      token: 'secret-1',
      selections: { sqs: { enabled: true, events: ['CALL'] } }
    })
    await store.instances.remove('sales')
    t.equal(store.instances.get('sales'), undefined)
    t.equal(store.instances.findByToken('secret-1'), undefined)
    t.equal(store.instances.size, 0)
    await t.rejects(store.instances.remove('sales'), { code: 'IEV_INSTANCE_NOT_FOUND' })
    const again = await store.instances.create({ name: 'sales', token: 'secret-1' })
    t.strictSame(again.selections, {})
    t.strictSame((await reopen()).instances.require('sales').selections, {}, 'its selections stay gone after a restart')
  })

  void t.test('an instance with the name of a removed one has another key, and none of its events', async (t) => {
    const { store, reopen } = await open(t)
    const event = newEvent({ id: 'order-1', queues: ['a'] })
    const [before] = await store.log.append([event])
    const old = await store.instances.remove('sales')
    const [after] = await store.log.append([event])
    const current = store.instances.require('sales')
    t.not(current.key, old.key)
    t.not(current.id, old.id)
    t.equal(after?.duplicate, false, 'the ids of its predecessor are no duplicates')
    t.match(await store.log.read({ instanceKey: current.key, after: 0, limit: 10 }), [{ offset: after?.offset }])
    t.equal((await store.log.read({ instanceKey: current.key, after: 0, limit: 10 })).length, 1)
    const page = { after: 0, limit: 10, maxBytes: 1_000 }
    t.match(await store.deliveries.readLane({ queue: 'a', instanceKey: old.key }, page), [{ offset: before?.offset }])
    t.match(await store.deliveries.readLane({ queue: 'a', instanceKey: current.key }, page), [
      { offset: after?.offset }
    ])

    await store.instances.remove('sales')
    const { key } = await (await reopen()).instances.create({ name: 'sales', token: 'secret-1' })
    t.notOk(
      [old.key, current.key].includes(key),
      'a key is not given again, even if the newest instance was removed before a restart'
    )
  })

  void t.test('removals, appends and writes of one turn leave memory and disk the same', async (t) => {
    const { store, reopen } = await open(t)
    const { instances } = store
    await instances.create({ name: 'a', token: 'secret-a', selections: { sqs: { enabled: true, events: ['CALL'] } } })
    await instances.create({ name: 'b', token: 'secret-b' })
    const oldKey = instances.require('a').key
    const results = await Promise.allSettled([
      store.log.append([newEvent({ instance: 'a', id: 'first' })]),
      instances.remove('a'),
      store.log.append([newEvent({ instance: 'a', id: 'second' })]),
      instances.setSelection('a', 'websocket', { enabled: true, events: ['CALL'] }, { register: false }),
      // A name that begins and ends within the turn.
      store.log.append([newEvent({ instance: 'c' })]),
      instances.remove('c'),
      instances.remove('b'),
      instances.remove('b'),
      instances.setSelection('b', 'sqs', { enabled: true, events: [] }, { register: false })
    ])
    t.match(
      results.map(({ status }) => status),
      [...Array.from({ length: 7 }, () => 'fulfilled'), 'rejected', 'rejected']
    )
    const { key, tokenHash, selections } = instances.require('a')
    t.not(key, oldKey)
    t.equal(tokenHash, null)
    t.strictSame(Object.keys(selections), ['websocket'], 'the selection of its predecessor is not its own')
    t.match(await store.log.read({ instanceKey: oldKey, after: 0, limit: 10 }), [{ id: 'first' }])
    t.match(await store.log.read({ instanceKey: key, after: 0, limit: 10 }), [{ id: 'second' }])
    t.strictSame(
      instances
        .list()
        .toArray()
        .map(({ name }) => name),
      ['a']
    )
    for (const token of ['secret-a', 'secret-b']) t.equal(instances.findByToken(token), undefined)
    const inMemory = shown(store)
    t.strictSame(shown(await reopen()), inMemory)
  })
}
