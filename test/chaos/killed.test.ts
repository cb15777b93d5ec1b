import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, folder } from '../support/build.ts'
import { checkQueues, LONG, random, randomFaults, seed } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { callsToSqs, startStandalone } from '../support/standalone.ts'
import { until } from '../support/until.ts'

const KILLS = LONG ? 30 : 2
const INSTANCES = 8

interface Posting {
  url: () => string
  stop: AbortSignal
  /** What was answered 202 so far: numbers from 0. */
  answered: number[]
}

/** Posts one instance's events, each until it is answered 202, while `url` changes with every restart. */
async function post(instance: string, { url, stop, answered }: Posting): Promise<void> {
  // Whether the server may have taken one that was not answered: it counts, so it is asked for to the end.
  let open = false
  while (open || !stop.aborted) {
    const n = answered.length
    open = true
    try {
      const reply = await fetch(`${url()}/events/${instance}`, {
        method: 'POST',
        headers: { apikey: API_KEY, 'content-type': 'application/json' },
        body: JSON.stringify({ event: 'call', data: n, id: `${instance}:${n}` }),
        signal: AbortSignal.timeout(2_000)
      })
      if (reply.status === 202) {
        answered.push(n)
        open = false
      }
      await reply.arrayBuffer()
    } catch {
      // The server is not there: it will be, and what it may have taken already is known by its id.
      await pause(20)
    }
  }
}

async function killAtRandom(t: Test, { backend, faults }: { backend: Backend; faults: boolean }): Promise<void> {
  const next = random(seed(t))
  const cwd = folder(t)
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  if (faults) proxy.decide = randomFaults(next, 0.2)
  const env = {
    ...callsToSqs({ database: await backend.start(t), endpoint: proxy.endpoint }),
    SQS_MAX_ATTEMPTS: '100'
  }
  let server = await startStandalone(t, { cwd, env })
  const stopping = new AbortController()
  const answered = Array.from({ length: INSTANCES }, (): number[] => [])
  const posting = answered.map((numbers, n) =>
    post(`instance-${n}`, { url: () => server.url, stop: stopping.signal, answered: numbers })
  )
  const count = () => answered.reduce((sum, { length }) => sum + length, 0)
  // However slow the machine is, what is killed has been at work.
  const working = async () => {
    const wanted = count() + INSTANCES
    await until(() => count() >= wanted)
  }
  for (let kill = 0; kill < KILLS; kill++) {
    await working()
    await pause(100 + next() * 900)
    t.equal(await server.stop('SIGKILL'), 'SIGKILL')
    server = await startStandalone(t, { cwd, env })
  }
  await working()
  await pause(200)
  stopping.abort()
  await Promise.all(posting)
  proxy.decide = () => undefined

  const total = count()
  t.ok(total > KILLS * INSTANCES, `${total} events were answered`)
  const depth = () => sqs.depth('global_call.fifo') ?? 0
  await until(() => depth() >= total)
  // Whatever would come twice has its chance to.
  await pause(500)
  const expected = new Map(answered.map((data, n) => [`instance-${n}`, data]))
  checkQueues(t, sqs.server, { 'global_call.fifo': expected })
  t.equal(await server.stop('SIGTERM'), 0)
}

// On two backends it outlasts what a file is given.
if (!LONG) t.setTimeout(300_000)

for (const backend of await backends(t)) {
  t.test(
    `${backend.name}: kill -9 at random moments under load: what was answered 202 arrives once, in order`,
    { timeout: 240_000 },
    (t) => killAtRandom(t, { backend, faults: false })
  )

  t.test(`${backend.name}: the same with faults between the server and SQS`, { timeout: 240_000 }, (t) =>
    killAtRandom(t, { backend, faults: true })
  )
}
