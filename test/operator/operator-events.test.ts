import { once } from 'node:events'
import t, { type Test } from 'tap'
import { OperatorEvents } from '../../lib/operator/operator-events.ts'
import type { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import { SqliteStore } from '../../lib/store/sqlite/store.ts'
import { logLines } from '../support/log-lines.ts'

/** Events of the operator that are accepted as `answer` says, at the time that the test sets. */
function start(t: Test) {
  const store = new SqliteStore({ path: ':memory:' })
  t.after(() => store.close())
  const { log, lines } = logLines()
  const time = { now: 0 }
  const accepted: InstanceEventInput[] = []
  const answer = { duplicate: false, fails: false }
  const operator = new OperatorEvents({
    instance: 'ops',
    instances: store.instances,
    accept: async (input) => {
      if (answer.fails) throw new Error('full')
      accepted.push(input)
      return { id: 'x', offset: 1, duplicate: answer.duplicate }
    },
    log,
    now: () => time.now
  })
  const backlog = (id?: string) => operator.emit('operator.backlog', { pending: 8, maxPending: 10 }, id)
  return { operator, store, lines, time, accepted, answer, backlog }
}

const dead = (instance: string) => ({
  instance,
  event: 'call',
  id: 'a',
  offset: 1,
  queue: 'q',
  reason: 'AccessDenied',
  message: 'no',
  attempts: 1
})

const leftOut = ({ data }: InstanceEventInput) => (data as { leftOut: number }).leftOut

t.test('too many events of a name are left out, and counted in the next one', async (t) => {
  const { operator, time, accepted, backlog } = start(t)
  for (let index = 0; index < 25; index++) await backlog()
  t.equal(accepted.length, 20)
  t.same(accepted.map(leftOut), Array(20).fill(0))
  await operator.emit('operator.dead-letter', dead('sales'))
  t.match(accepted.at(-1), { event: 'operator.dead-letter', data: { leftOut: 0 } }, 'each name has its own limit')
  time.now = 10_000
  await backlog()
  await backlog()
  t.match(accepted.at(-1), { event: 'operator.backlog', data: { leftOut: 5 } })
  t.equal(accepted.length, 22)
  time.now = 20_000
  await backlog()
  t.match(accepted.at(-1), { data: { leftOut: 1 } })
})

t.test('an instance with much to tell of does not hide the others', async (t) => {
  const { operator, time, accepted } = start(t)
  const tell = (instance: string) => operator.emit('operator.dead-letter', dead(instance))
  for (let index = 0; index < 40; index++) await tell('loud')
  await tell('quiet')
  const told = () => accepted.map((event) => [(event.data as { instance: string }).instance, leftOut(event)])
  t.strictSame(told(), [
    ['loud', 0],
    ['loud', 0],
    ['loud', 0],
    ['quiet', 37]
  ])
  time.now = 60_000
  await tell('loud')
  await tell('loud')
  t.strictSame(told().slice(4), [['loud', 0]], 'one a minute')
  for (let index = 0; index < 1_100; index++) await tell(`i${index}`)
  await tell('loud')
  t.ok(accepted.length < 40, 'the limit of the name counts as well')
})

t.test('what an event that was not accepted would have told is in the next one', async (t) => {
  const { lines, time, accepted, answer, backlog } = start(t)
  for (let index = 0; index < 22; index++) await backlog()
  time.now = 100_000
  answer.duplicate = true
  await backlog('same')
  answer.fails = true
  const warned = once(lines, 'line')
  await backlog()
  t.match(await warned, [{ level: 40, err: { message: 'full' }, event: 'operator.backlog' }])
  answer.fails = false
  answer.duplicate = false
  await backlog()
  t.match(accepted.at(-1), { data: { leftOut: 3 } })
  t.match(accepted.at(-2), { id: 'same' })
})

t.test('the instance is registered once, and one of a tenant is not taken for it', async (t) => {
  const { operator, store } = start(t)
  const first = await operator.prepare()
  t.match(first, { name: 'ops', integration: 'OPERATOR', tokenHash: null })
  await store.instances.setToken('ops', 'token-of-ops')
  t.equal((await operator.prepare()).id, first.id)
  await store.instances.remove('ops')
  await store.instances.create({ name: 'ops', token: 'token-of-a-tenant' })
  await t.rejects(operator.prepare(), { code: 'IEV_OPTIONS_INVALID', message: /there is an instance "ops" already/ })
})

t.test('its catalogue has its own events only', async (t) => {
  const { operator } = start(t)
  t.same(operator.catalogue.all, [
    'OPERATOR_INSTANCE_SILENT',
    'OPERATOR_INSTANCE_BACK',
    'OPERATOR_DEAD_LETTER',
    'OPERATOR_QUEUE_REFUSED',
    'OPERATOR_BACKLOG'
  ])
})
