import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { backends } from '../support/backends.ts'
import { API_KEY, folder } from '../support/build.ts'
import { checkQueues, LONG } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { callsToSqs, call, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

// Each backend has a server of its own.
t.jobs = LONG ? 1 : 2

const SECONDS = LONG ? 60 : 2
const WARM_UP_SECONDS = LONG ? 40 : 1
const PER_TICK = 25
const TICK_MS = 50
const INSTANCES = 20
const PAD = 'x'.repeat(800)

for (const backend of await backends(t))
  t.test(
    `${backend.name}: 500 events per second are accepted while SQS is down for ${SECONDS} s, and then sent in order`,
    { timeout: 300_000 },
    async (t) => {
      const sqs = await startSqs(t)
      const proxy = await startFaultProxy(t, sqs.options.endpoint)
      const server = await startStandalone(t, {
        cwd: folder(t),
        env: callsToSqs({ database: await backend.start(t), endpoint: proxy.endpoint })
      })
      const expected = new Map<string, unknown[]>()
      let sent = 0

      async function load(seconds: number): Promise<void> {
        for (let tick = 0; tick < (seconds * 1_000) / TICK_MS; tick++) {
          const begun = performance.now()
          const instance = `instance-${tick % INSTANCES}`
          const numbers = Array.from({ length: PER_TICK }, () => sent++)
          expected.set(instance, [...(expected.get(instance) ?? []), ...numbers])
          const events = numbers.map((n) => ({ event: 'call', data: { n, pad: PAD } }))
          const reply = await call(`${server.url}/events/${instance}`, { method: 'POST', key: API_KEY, body: events })
          if (reply.status !== 202) t.fail(`ingestion stopped: ${JSON.stringify(reply)}`)
          await pause(Math.max(0, TICK_MS - (performance.now() - begun)))
        }
      }
      const rssMiB = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))?.[1]) / 1_024
      const depth = () => sqs.depth('global_call.fifo') ?? 0

      await load(WARM_UP_SECONDS)
      await until(() => depth() >= sent)
      proxy.calls.length = 0
      proxy.decide = () => 'reset'
      const before = rssMiB()
      await load(SECONDS)
      const grown = rssMiB() - before
      t.comment(`memory grown by ${grown.toFixed(1)} MiB`)
      if (LONG) t.ok(grown < 50, 'memory grows less than 50 MB')
      t.ok(depth() < sent, 'no event was sent meanwhile')
      const calls = proxy.calls.filter(({ action }) => action === 'SendMessageBatch').length
      t.ok(calls < 40 + SECONDS * 5, `an outage makes few calls: ${calls}`)

      proxy.decide = () => undefined
      await until(() => depth() >= sent)
      checkQueues(t, sqs.server, { 'global_call.fifo': expected }, (data) => (data as { n: number }).n)
      t.equal(await server.stop('SIGTERM'), 0)
    }
  )
