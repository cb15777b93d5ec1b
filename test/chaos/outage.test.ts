import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { API_KEY, build, folder } from '../support/build.ts'
import { checkQueue, LONG } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'

const SECONDS = LONG ? 60 : 2
const PER_TICK = 25
const TICK_MS = 50
const DATA = 'x'.repeat(800)

t.test(
  `SQS down for ${SECONDS} s under 500 events/s: taken in, kept out of memory, sent in order`,
  { timeout: 300_000 },
  async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const server = await build(t, {
      eventStore: { url: `file:${folder(t)}/events.db` },
      sqs: { ...sqs.options, endpoint: proxy.endpoint, global: { events: ['CALL'] } }
    })
    const { store } = server.eventStore
    const instances = Array.from({ length: 20 }, (_, n) => `instance-${n}`)
    for (const instance of instances) await server.onInstanceEvent({ instance, event: 'call', data: -1 })
    while (store.pendingCount() > 0) await store.check()
    proxy.decide = () => 'reset'

    const expected = new Map<string, unknown[]>(instances.map((instance) => [instance, [-1]]))
    const before = memory()
    const ticks = (SECONDS * 1_000) / TICK_MS
    let slowest = 0
    for (let tick = 0; tick < ticks; tick++) {
      const begun = performance.now()
      const accepted = Array.from({ length: PER_TICK }, (_, index) => {
        const instance = instances[(tick + index) % instances.length] as string
        const data = `${tick}.${index}${DATA}`
        expected.get(instance)?.push(data)
        return server.onInstanceEvent({ instance, event: 'call', data })
      })
      await Promise.all(accepted)
      slowest = Math.max(slowest, performance.now() - begun)
      await pause(Math.max(0, TICK_MS - (performance.now() - begun)))
    }
    const grown = memory() - before
    t.equal(store.pendingCount(), ticks * PER_TICK)
    t.comment(`grown by ${grown.toFixed(1)} MiB, slowest tick ${slowest.toFixed(0)} ms`)
    if (LONG) t.ok(grown < 50, 'memory grows less than 50 MB')
    const calls = proxy.calls.filter(({ action }) => action === 'SendMessageBatch').length
    t.ok(calls < 40 + SECONDS * 5, `an outage costs little: ${calls} calls`)

    const reply = await server.inject({
      method: 'POST',
      url: '/events/late',
      headers: { apikey: API_KEY },
      payload: { event: 'call', data: 1 }
    })
    t.equal(reply.statusCode, 202)
    expected.set('late', [1])
    proxy.decide = () => undefined
    while (store.pendingCount() > 0) await store.check()
    checkQueue(t, sqs.server, { queue: 'global_call.fifo', expected })
  }
)

/** Live heap and buffers after a collection, in MiB: what the process holds, not what V8 has reserved. */
function memory(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}
