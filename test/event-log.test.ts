import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { Transport } from '../lib/event-log.ts'
import type { StoredEvent, TransportName } from '../lib/store/types.ts'
import eventStore from '../plugins/event-store.ts'

interface LogLine {
  msg: string
  err: { message: string }
}

/** An event log in memory, and what it complains of. */
async function open(t: Test) {
  const lines: LogLine[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) }
  const server = Fastify({ logger: { level: 'warn', stream } })
  t.after(() => server.close())
  await server.register(eventStore, { url: ':memory:' })
  return { eventLog: server.eventStore, lines }
}

/** A transport that takes every event and keeps the ids of what it got. */
function taking(name: TransportName, got: string[]): Transport {
  return {
    name,
    plan: () => ({ read: true }),
    deliver: (events: readonly StoredEvent[]) => void got.push(...events.map(({ id }) => id))
  }
}

const event = { instance: 'sales', event: 'call', data: 1 }

t.test('a second transport of the same name is refused, the first one stays', async (t) => {
  const { eventLog } = await open(t)
  const first: string[] = []
  const second: string[] = []
  eventLog.attach(taking('sqs', first))
  t.throws(() => eventLog.attach(taking('sqs', second)), {
    code: 'IEV_OPTIONS_INVALID',
    message: 'the event log carries a sqs transport already'
  })
  await eventLog.accept({ ...event, id: 'one' })
  t.strictSame({ first, second }, { first: ['one'], second: [] })
})

t.test('a transport that throws is logged; the event is accepted and the next transport gets it', async (t) => {
  const { eventLog, lines } = await open(t)
  const got: string[] = []
  eventLog.attach({
    ...taking('sqs', []),
    deliver: () => {
      throw new Error('out of order')
    }
  })
  eventLog.attach(taking('websocket', got))
  t.match(await eventLog.accept({ ...event, id: 'one' }), { id: 'one', offset: 1, duplicate: false })
  t.match(await eventLog.accept({ ...event, id: 'two' }), { id: 'two', offset: 2, duplicate: false })
  t.strictSame(got, ['one', 'two'])
  const line = { msg: 'The sqs transport failed to take events', err: { message: 'out of order' } }
  t.match(lines, [line, line])
  t.equal(lines.length, 2)
})

t.test('a watcher of instances that throws is logged; the change holds and the next watcher is told', async (t) => {
  const { eventLog, lines } = await open(t)
  const told: string[] = []
  eventLog.watchInstances(() => {
    throw new Error('not today')
  })
  const unwatch = eventLog.watchInstances(({ type, before }) => void told.push(`${type} ${before.name}`))
  const { instances } = eventLog
  for (const name of ['sales', 'support']) await instances.create({ name, token: `token-of-${name}` })

  await instances.remove('sales')
  t.equal(instances.get('sales'), undefined)
  t.strictSame(told, ['removed sales'])
  t.match(lines, [{ msg: 'A watcher of instances failed', err: { message: 'not today' } }])

  unwatch()
  await instances.remove('support')
  t.strictSame(told, ['removed sales'], 'who has stopped watching is told no more')
})

t.test('an event that the store does not take is counted by the code of its failure, else by its name', async (t) => {
  const { eventLog } = await open(t)
  for (const failure of [new Error('plain'), Object.assign(new RangeError('coded'), { code: 'ENOSPC' })]) {
    eventLog.store.append = () => Promise.reject(failure)
    await t.rejects(eventLog.acceptAll([event, event]), failure)
  }
  t.match((await eventLog.metrics.refused.get()).values, [
    { labels: { code: 'Error' }, value: 2 },
    { labels: { code: 'ENOSPC' }, value: 2 }
  ])
})

t.test('once detached, transports get nothing; once intake has stopped, nothing is accepted', async (t) => {
  const { eventLog } = await open(t)
  const got: string[] = []
  eventLog.attach(taking('sqs', got))
  await eventLog.accept({ ...event, id: 'one' })
  eventLog.detachAll()
  await eventLog.accept({ ...event, id: 'two' })
  t.strictSame(got, ['one'])
  eventLog.stopIntake()
  await t.rejects(eventLog.accept(event), { code: 'IEV_CLOSING', statusCode: 503 })
})
