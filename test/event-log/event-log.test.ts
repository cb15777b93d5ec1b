import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { Transport } from '../../lib/event-log/transport.ts'
import type { TransportName } from '../../lib/instances/instance.ts'
import eventLog from '../../plugins/event-log.ts'
import instanceEvents from '../../plugins/instance-events.ts'

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
  await server.register(eventLog, { url: ':memory:' })
  return { eventLog: server.eventLog, lines }
}

/** A transport that notes the events it is asked about. */
function asked(name: TransportName, events: string[]): Transport {
  return {
    name,
    plan: ({ name }) => {
      events.push(name)
      return {}
    }
  }
}

const event = { instance: 'sales', event: 'call', data: 1 }

t.test('a second transport of the same name is refused, and the first one stays attached', async (t) => {
  const { eventLog } = await open(t)
  const first: string[] = []
  const second: string[] = []
  eventLog.attach(asked('sqs', first))
  t.throws(() => eventLog.attach(asked('sqs', second)), {
    code: 'IEV_OPTIONS_INVALID',
    message: 'the event log carries a sqs transport already'
  })
  await eventLog.accept({ ...event, id: 'one' })
  t.strictSame({ first, second }, { first: ['call'], second: [] })
})

t.test('an error that a plugin throws at a commit is logged and does not fail the commit', async (t) => {
  const { eventLog, lines } = await open(t)
  const fail = () => {
    throw new Error('out of order')
  }
  eventLog.store.log.tail({
    interest: () => ({ all: true, instanceKeys: [] }),
    entered: () => {},
    advanced: () => eventLog.guard('Somebody failed', fail)
  })
  t.match(await eventLog.accept({ ...event, id: 'one' }), { id: 'one', offset: 1, duplicate: false })
  const line = { msg: 'Somebody failed', err: { message: 'out of order' } }
  t.match(lines, [line, line], 'at the beginning, and for the event')
})

t.test('the error of a watcher of instances is logged; the change holds and the next watcher is called', async (t) => {
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

t.test('an event that the store refuses is counted by the code of the error, else by its name', async (t) => {
  const { eventLog } = await open(t)
  for (const failure of [new Error('plain'), Object.assign(new RangeError('coded'), { code: 'ENOSPC' })]) {
    eventLog.store.log.append = () => Promise.reject(failure)
    await t.rejects(eventLog.accept([event, event]), failure)
  }
  t.match((await eventLog.metrics.refused.get()).values, [
    { labels: { code: 'Error' }, value: 2 },
    { labels: { code: 'ENOSPC' }, value: 2 }
  ])
})

t.test(
  'one event and a list of events are accepted by the same function, with one result or a list of results',
  async (t) => {
    const server = Fastify()
    t.after(() => server.close())
    await server.register(eventLog, { url: ':memory:' })
    await server.register(instanceEvents)
    const { onInstanceEvent } = server
    t.strictSame(await onInstanceEvent({ ...event, id: 'a' }), { id: 'a', offset: 1, duplicate: false })
    t.strictSame(
      await onInstanceEvent([
        { ...event, id: 'b' },
        { ...event, id: 'a' }
      ]),
      [
        { id: 'b', offset: 2, duplicate: false },
        { id: 'a', offset: 1, duplicate: true }
      ]
    )
    t.strictSame(await onInstanceEvent([]), [])
    const inputs = ['c', 'd'].map((id) => ({ ...event, id }))
    t.match(await Promise.all(inputs.map(onInstanceEvent)), [{ id: 'c' }, { id: 'd' }], 'as a callback of map')
  }
)

t.test('no event is accepted after intake has stopped', async (t) => {
  const { eventLog } = await open(t)
  await eventLog.accept(event)
  eventLog.stopIntake()
  await t.rejects(eventLog.accept(event), { code: 'IEV_CLOSING', statusCode: 503 })
})

t.test('among many wrong events, only as many are checked as a refusal reports', async (t) => {
  const { eventLog } = await open(t)
  let looked = 0
  const wrong = {
    ...event,
    get event() {
      looked++
      return 'none'
    }
  }
  const atFirst = await eventLog
    .accept(Array.from({ length: 200 }, () => wrong))
    .catch((error: { messages?: string[] }) => error)
  t.match(atFirst, { code: 'IEV_EVENT_UNKNOWN' })
  t.equal((atFirst as { messages: string[] }).messages.length, 100)
  const before = looked
  looked = 0
  await t.rejects(eventLog.accept(Array.from({ length: 1_000 }, () => wrong)))
  t.equal(looked, before, 'for 200 as for 1,000')
})
