import type { Test } from 'tap'
import type { InstanceDirectory } from '../../../lib/instances/directory.ts'
import { until } from '../../support/until.ts'
import type { Open } from '../conformance.ts'

const HOUR_MS = 3_600_000
const TAKEN = { code: 'IEV_TOKEN_TAKEN' }

/** The tokens of these that are valid, with the names of their instances. */
function valid(directory: InstanceDirectory, ...tokens: string[]): Record<string, string> {
  return Object.fromEntries(
    tokens.flatMap((token) => {
      const instance = directory.findByToken(token)
      return instance ? [[token, instance.name]] : []
    })
  )
}

export function formerTokens(t: Test, open: Open): void {
  void t.test('a replaced token stays valid for as long as it is kept, also after a restart', async (t) => {
    const { store, reopen } = await open(t)
    const before = Date.now()
    await store.instances.create({ name: 'sales', token: 'secret-1' })
    const after = await store.instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    const untilMs = after.formerToken?.until.getTime() ?? 0
    t.ok(untilMs >= before + HOUR_MS && untilMs <= Date.now() + HOUR_MS)
    const both = { 'secret-1': 'sales', 'secret-2': 'sales' }
    t.strictSame(valid(store.instances, 'secret-1', 'secret-2'), both)
    await store.instances.setSelection('sales', 'sqs', { enabled: true, events: [] }, { register: false })
    await store.instances.setSilence('sales', 5)
    t.strictSame(valid(store.instances, 'secret-1', 'secret-2'), both, 'other changes leave it as it is')
    const { instances } = await reopen()
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), both)
    t.strictSame(instances.require('sales').formerToken, after.formerToken)
  })

  void t.test('only the token before the current one is kept', async (t) => {
    const { store } = await open(t)
    const { instances } = store
    await instances.create({ name: 'sales', token: 'secret-1' })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    await instances.setToken('sales', 'secret-3', { keepOldForMs: HOUR_MS })
    const tokens = ['secret-1', 'secret-2', 'secret-3', 'secret-4']
    t.strictSame(valid(instances, ...tokens), { 'secret-2': 'sales', 'secret-3': 'sales' })
    await instances.setToken('sales', 'secret-4')
    t.strictSame(valid(instances, ...tokens), { 'secret-4': 'sales' })
    await instances.create({ name: 'other', token: 'secret-2' })
    t.strictSame(valid(instances, ...tokens), { 'secret-2': 'other', 'secret-4': 'sales' })
  })

  void t.test('the current token again changes how long the former one is valid', async (t) => {
    const { store } = await open(t)
    const { instances } = store
    await instances.create({ name: 'sales', token: 'secret-1' })
    t.equal((await instances.setToken('sales', 'secret-1', { keepOldForMs: HOUR_MS })).formerToken, null)
    await instances.setToken('sales', 'secret-2', { keepOldForMs: 1_000_000_000 })
    const again = await instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    t.ok((again.formerToken?.until.getTime() ?? Infinity) <= Date.now() + HOUR_MS)
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), { 'secret-1': 'sales', 'secret-2': 'sales' })
    await instances.setToken('sales', 'secret-2')
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), { 'secret-2': 'sales' })
  })

  void t.test('a former token can be given to its instance again, and to no other', async (t) => {
    const { store } = await open(t)
    const { instances } = store
    await instances.create({ name: 'sales', token: 'secret-1' })
    await instances.create({ name: 'other', token: 'secret-o' })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    await t.rejects(instances.create({ name: 'new', token: 'secret-1' }), TAKEN)
    await t.rejects(instances.setToken('other', 'secret-1'), TAKEN)
    t.throws(() => instances.reserveToken('secret-1'), { code: 'IEV_OPTIONS_INVALID' })
    await instances.setToken('sales', 'secret-1', { keepOldForMs: HOUR_MS })
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), { 'secret-1': 'sales', 'secret-2': 'sales' })
    await instances.setToken('sales', 'secret-1')
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), { 'secret-1': 'sales' })
  })

  void t.test('a former token ends by itself, and is free then', async (t) => {
    const { store, reopen } = await open(t)
    const { instances } = store
    await instances.create({ name: 'sales', token: 'secret-1' })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    const ended: (string | null)[] = []
    instances.watch((change) => {
      if (change.type === 'updated' && change.before.formerToken && !change.after.formerToken)
        ended.push(change.after.name)
    })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: 1 })
    await until(() => ended.length > 0)
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), { 'secret-2': 'sales' })
    t.equal(instances.require('sales').formerToken, null)
    await instances.create({ name: 'other', token: 'secret-1' })
    t.strictSame(ended, ['sales'], 'watchers are called once')
    const later = (await reopen()).instances
    t.strictSame(valid(later, 'secret-1', 'secret-2'), { 'secret-1': 'other', 'secret-2': 'sales' })
    t.equal(later.require('sales').formerToken, null)
  })

  void t.test('a removed instance takes its former token with it', async (t) => {
    const { store } = await open(t)
    const { instances } = store
    await instances.create({ name: 'sales', token: 'secret-1' })
    await instances.setToken('sales', 'secret-2', { keepOldForMs: HOUR_MS })
    await instances.remove('sales')
    t.strictSame(valid(instances, 'secret-1', 'secret-2'), {})
    await t.resolves(instances.create({ name: 'other', token: 'secret-1' }))
  })
}
