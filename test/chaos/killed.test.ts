import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Backend, backends } from '../support/backends.ts'
import { API_KEY, folder } from '../support/build.ts'
import { checkQueues, LONG, random, randomFaults, seed, SILENCE_MS } from '../support/chaos.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { callsToSqs, startStandalone } from '../support/standalone.ts'
import { soon, until } from '../support/until.ts'

// Each test has a server and databases of its own.
t.jobs = LONG ? 1 : 2

const KILLS = LONG ? 30 : 2
/** The short form has faults only: most calls pass then, too. */
const VARIANTS = LONG ? [false, true] : [true]
const INSTANCES = 8
/** Milliseconds between an answer and the next event of an instance. */
const PACE_MS = LONG ? 0 : 5

interface Posting {
  /** The server's, which changes with every restart. */
  url: () => string
  stop: AbortSignal
  /** The events that were answered 202 so far: numbers from 0. */
  answered: number[]
}

/** Posts one instance's events, one after the other, each until it is answered 202. */
async function post(instance: string, { url, stop, answered }: Posting): Promise<void> {
  // The server may have accepted an event that it did not answer. It is posted again until the outcome is known.
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
      await pause(PACE_MS)
    } catch {
      // The server is restarting. If it has accepted the event already, it knows the id.
      await pause(20)
    }
  }
}

async function killAtRandom(t: Test, { backend, faults }: { backend: Backend; faults: boolean }): Promise<void> {
  const next = random(seed(t))
  const cwd = folder(t)
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  if (!LONG) proxy.silenceMs = SILENCE_MS
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
  /** Resolves when each instance has had about one more event accepted, however slow the machine is. */
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
  await soon(Promise.all(posting), 'the answers to the last events')
  proxy.decide = () => undefined

  const total = count()
  t.ok(total > KILLS * INSTANCES, `${total} events were answered`)
  const depth = () => sqs.depth('global_call.fifo') ?? 0
  await until(() => depth() >= total)
  // Repeats would arrive in this time.
  await pause(500)
  const expected = new Map(answered.map((data, n) => [`instance-${n}`, data]))
  checkQueues(t, sqs.server, { 'global_call.fifo': expected })
  t.equal(await server.stop('SIGTERM'), 0)
}

for (const backend of await backends(t))
  for (const faults of VARIANTS)
    t.test(
      `${backend.name}: kill -9 at random moments under load${faults ? ' and faults of SQS' : ''}: events that were answered 202 arrive once, in order`,
      { timeout: 240_000 },
      (t) => killAtRandom(t, { backend, faults })
    )
