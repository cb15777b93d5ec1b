import t from 'tap'
import { backends } from '../support/backends.ts'
import { build } from '../support/build.ts'
import { checkQueues, LONG, random, randomFaults, seed } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { soon, until } from '../support/until.ts'

// Each backend has a server of its own.
t.jobs = LONG ? 1 : 2

const EVENTS = LONG ? 20_000 : 2_000
const INSTANCES = 30

for (const backend of await backends(t))
  t.test(
    `${backend.name}: ${EVENTS} events of ${INSTANCES} instances arrive once, in order, through faults of every kind`,
    { timeout: 300_000 },
    async (t) => {
      const next = random(seed(t))
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const server = await build(t, {
        eventLog: { url: await backend.start(t) },
        // At random, no entry is refused so often that it becomes a dead letter.
        sqs: { ...sqs.options, endpoint: proxy.endpoint, global: {}, requestTimeoutMs: 500, maxAttempts: 100 }
      })
      const own = ['instance-0', 'instance-7', 'instance-29']
      for (const instance of own) await server.sqs.set(instance, { enabled: true, events: ['CALL'] })
      proxy.decide = randomFaults(next, 0.3)

      const calls = new Map<string, unknown[]>()
      const messages = new Map<string, unknown[]>()
      const accepted: Promise<unknown>[] = []
      for (let n = 0; n < EVENTS; n++) {
        const instance = `instance-${Math.floor(next() * INSTANCES)}`
        const event = next() < 0.5 ? 'call' : 'messages.upsert'
        const expected = event === 'call' ? calls : messages
        expected.set(instance, [...(expected.get(instance) ?? []), n])
        accepted.push(server.onInstanceEvent({ instance, event, data: n }))
        // Bursts, and pauses between them.
        if (next() < 0.05) await soon(Promise.all(accepted), 'events that are accepted')
      }
      await soon(Promise.all(accepted), 'events that are accepted')
      const { store } = server.eventLog
      await until(() => store.deliveries.pendingCount() === 0)

      t.equal((await store.deadLetters.count()).count, 0)
      const ofInstance = (instance: string) => new Map([[instance, calls.get(instance) ?? []]])
      checkQueues(t, sqs.server, {
        'global_call.fifo': calls,
        'global_messages_upsert.fifo': messages,
        ...Object.fromEntries(own.map((instance) => [`${instance}_call.fifo`, ofInstance(instance)]))
      })
    }
  )
