import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { newEvents } from '../../support/new-event.ts'
import type { Open } from '../conformance.ts'

const REGISTER = { register: true }

export function instances(t: Test, open: Open): void {
  void t.test('the first event of a name registers it once, without a token', async (t) => {
    const { store } = await open(t)
    t.equal(store.instances.get('sales'), undefined)
    t.throws(() => store.instances.require('sales'), { code: 'IEV_INSTANCE_NOT_FOUND' })
    await Promise.all(newEvents(2).map((event) => store.log.append([event])))
    const first = store.instances.require('sales')
    await store.log.append(newEvents(1))
    t.match(first, { name: 'sales', tokenHash: null, integration: null, selections: {} })
    t.equal(store.instances.require('sales'), first)
    t.equal(store.instances.size, 1)
    t.strictSame(store.instances.list().toArray(), [store.instances.require('sales')])
  })

  void t.test('an instance is found by its token, of which only a digest is kept', async (t) => {
    const { store } = await open(t)
    const made = await store.instances.create({ name: 'sales', token: 'secret-1', integration: 'WHATSAPP-BAILEYS' })
    const digest = createHash('sha256').update('secret-1').digest()
    t.strictSame(made.tokenHash, digest)
    t.equal(made.integration, 'WHATSAPP-BAILEYS')
    t.notMatch(JSON.stringify(made), /secret-1/)
    t.equal(store.instances.findByToken('secret-1')?.name, 'sales')
    for (const wrong of [
      'secret-2',
      '',
      digest.toString('hex'),
      digest.toString('base64'),
      digest.toString('latin1')
    ]) {
      t.equal(store.instances.findByToken(wrong), undefined, 'nothing else is accepted as the token')
    }
  })

  void t.test('create gives a registered instance a token once', async (t) => {
    const { store } = await open(t)
    const before = await store.instances.setSelection('sales', 'sqs', { enabled: true, events: ['CALL'] }, REGISTER)
    const made = await store.instances.create({
      name: 'sales',
      token: 'secret-1',
      selections: { websocket: { enabled: true, events: ['QRCODE_UPDATED'] } }
    })
    t.strictSame([made.key, made.id, made.createdAt], [before.key, before.id, before.createdAt])
    t.match(made.selections, { sqs: { events: ['CALL'] }, websocket: { events: ['QRCODE_UPDATED'] } })
    await t.rejects(store.instances.create({ name: 'sales', token: 'secret-2' }), { code: 'IEV_INSTANCE_EXISTS' })
    t.equal(store.instances.findByToken('secret-2'), undefined)
    t.equal(store.instances.findByToken('secret-1')?.key, before.key)
  })

  void t.test('of two creations of one name at once, one succeeds', async (t) => {
    const { store } = await open(t)
    const results = await Promise.allSettled([
      store.instances.create({ name: 'sales', token: 'secret-1' }),
      store.instances.create({ name: 'sales', token: 'secret-2' })
    ])
    t.match(results, [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'IEV_INSTANCE_EXISTS' } }])
    t.equal(store.instances.findByToken('secret-1')?.name, 'sales')
    t.equal(store.instances.findByToken('secret-2'), undefined)
    await t.resolves(store.instances.create({ name: 'other', token: 'secret-2' }), 'the token of the other is free')
  })

  void t.test('a token belongs to one instance only, also while it is being written', async (t) => {
    const { store } = await open(t)
    store.instances.reserveToken('the-global-key')
    await store.instances.create({ name: 'sales', token: 'secret-1' })
    await store.log.append(newEvents(1, { instance: 'support' }))
    const taken = { code: 'IEV_TOKEN_TAKEN', statusCode: 409 }
    await t.rejects(store.instances.create({ name: 'other', token: 'secret-1' }), taken)
    await t.rejects(store.instances.setToken('support', 'secret-1'), taken)
    await t.rejects(store.instances.create({ name: 'other', token: 'the-global-key' }), taken)
    await t.rejects(store.instances.setToken('support', 'the-global-key'), taken)
    await t.rejects(store.instances.create({ name: 'other', token: 'the-global-key' }), taken, 'and again')
    t.equal(store.instances.get('other'), undefined)

    const both = await Promise.allSettled([
      store.instances.create({ name: 'one', token: 'secret-2' }),
      store.instances.setToken('support', 'secret-2')
    ])
    t.match(both, [{ status: 'fulfilled' }, { status: 'rejected', reason: taken }])
    t.equal(store.instances.findByToken('secret-2')?.name, 'one')
  })

  void t.test('a new token replaces the old one', async (t) => {
    const { store } = await open(t)
    await store.instances.create({ name: 'sales', token: 'secret-1' })
    const after = await store.instances.setToken('sales', 'secret-2')
    t.equal(store.instances.findByToken('secret-1'), undefined)
    t.equal(store.instances.findByToken('secret-2')?.key, after.key)
    await t.resolves(store.instances.create({ name: 'other', token: 'secret-1' }), 'the old one is free')
    t.equal(store.instances.findByToken('secret-1')?.name, 'other')
    await t.rejects(store.instances.setToken('nobody', 'secret-3'), { code: 'IEV_INSTANCE_NOT_FOUND' })
    await t.resolves(store.instances.setToken('other', 'secret-3'), 'a refused token is still free')
  })

  void t.test('a selection is replaced whole, and that of the other transport stays', async (t) => {
    const { store } = await open(t)
    const input = { enabled: true, events: ['CALL', 'QRCODE_UPDATED'] }
    await t.rejects(store.instances.setSelection('sales', 'sqs', input, { register: false }), {
      code: 'IEV_INSTANCE_NOT_FOUND'
    })
    t.equal(store.instances.get('sales'), undefined)
    const first = await store.instances.setSelection('sales', 'sqs', input, REGISTER)
    t.match(first.selections, { sqs: input, websocket: undefined })
    const second = await store.instances.setSelection('sales', 'websocket', { enabled: true, events: [] }, REGISTER)
    t.strictSame(second.selections.sqs, first.selections.sqs)
    const third = await store.instances.setSelection('sales', 'sqs', { enabled: false, events: ['CALL'] }, REGISTER)
    const [before, after] = [first.selections.sqs!, third.selections.sqs!]
    t.match(after, { id: before.id, enabled: false, createdAt: before.createdAt })
    t.strictSame(after.events, ['CALL'])
    t.ok(after.updatedAt >= before.updatedAt)
    t.strictSame(store.instances.get('sales'), third)
  })

  void t.test('a selection for one instance is not stored for another that has its name', async (t) => {
    const { store } = await open(t)
    const { instances } = store
    const { key } = await instances.register('sales', null)
    const input = { enabled: true, events: ['CALL'] }
    t.match(await instances.setSelection('sales', 'sqs', input, { ...REGISTER, onlyFor: key }), {
      selections: { sqs: input }
    })
    await instances.remove('sales')
    const notFound = { code: 'IEV_INSTANCE_NOT_FOUND' }
    await t.rejects(instances.setSelection('sales', 'sqs', input, { ...REGISTER, onlyFor: key }), notFound)
    t.equal(instances.get('sales'), undefined)
    const next = await instances.register('sales', null)
    await t.rejects(instances.setSelection('sales', 'sqs', input, { ...REGISTER, onlyFor: key }), notFound)
    t.equal(instances.get('sales'), next)
  })

  void t.test('selections set in one turn do not undo each other', async (t) => {
    const { store, reopen } = await open(t)
    await Promise.all([
      store.instances.setSelection('sales', 'sqs', { enabled: true, events: ['CALL'] }, REGISTER),
      store.instances.setSelection('sales', 'websocket', { enabled: true, events: ['CALL'] }, REGISTER),
      store.instances.create({ name: 'sales', token: 'secret-1' })
    ])
    for (const directory of [store.instances, (await reopen()).instances]) {
      t.match(directory.get('sales')?.selections, { sqs: { enabled: true }, websocket: { enabled: true } })
      t.equal(directory.findByToken('secret-1')?.name, 'sales')
    }
  })

  void t.test('a token that an instance has cannot be reserved', async (t) => {
    const { store } = await open(t)
    const first = await store.instances.create({ name: 'sales', token: 'secret-1' })
    t.throws(() => store.instances.reserveToken('secret-1'), { code: 'IEV_OPTIONS_INVALID', message: /"sales"/ })
    t.equal(await store.instances.setToken('sales', 'secret-1'), first, 'setting the same token changes nothing')
  })

  void t.test('a token set in the turn of its removal finds no instance', async (t) => {
    const { store } = await open(t)
    await store.instances.create({ name: 'sales', token: 'secret-1' })
    const results = await Promise.allSettled([
      store.instances.remove('sales'),
      store.instances.setToken('sales', 'secret-2')
    ])
    t.match(results, [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'IEV_INSTANCE_NOT_FOUND' } }])
    t.equal(store.instances.findByToken('secret-2'), undefined)
  })
}
