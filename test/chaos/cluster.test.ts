import { setTimeout as pause } from 'node:timers/promises'
import type { FauxqsServer } from 'fauxqs'
import t, { type Test } from 'tap'
import { API_KEY, folder } from '../support/build.ts'
import {
  checkListeners,
  checkQueues,
  LONG,
  messagesOf,
  offsetsOf,
  random,
  randomFaults,
  seed,
  SILENCE_MS
} from '../support/chaos.ts'
import { quantile } from '../../bench/harness/statistics.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { havePostgres, startDatabase } from '../support/postgres.ts'
import { startPostgresServer } from '../support/postgres-server.ts'
import { client } from '../support/sockets.ts'
import { startSqs } from '../support/sqs.ts'
import { callsToSqs, call, startStandalone, type Standalone } from '../support/standalone.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { soon, until } from '../support/until.ts'

const NODES = 3
const INSTANCES = LONG ? 100 : 30
const SOCKETS = LONG ? 90 : 30
const EVENTS = LONG ? 30_000 : 1_500
const RESTARTS = LONG ? 12 : 2
/** Events that follow once the faults are over. */
const CALM_EVENTS = LONG ? 10_000 : 300
/** The most milliseconds from the last post until all events have arrived. */
const PATIENCE_MS = LONG ? 120_000 : 40_000
/** The most milliseconds that a server needs to stop: ten seconds for calls that SQS never answers, and some more. */
const SHUTDOWN_MS = 15_000

interface Accepted {
  offset: number
  instance: string
  data: number
}

/** A client of one instance, or of all, that resumes with its offset after each lost connection. */
function listener(t: Test, url: string, instance: string | undefined) {
  let last: unknown = 0
  const { socket, received } = client(t, instance === undefined ? url : `${url}/${instance}`, {
    reconnectionDelay: 20,
    reconnectionDelayMax: 200,
    auth: (send) => send({ apikey: instance === undefined ? API_KEY : `token-of-${instance}`, offset: last })
  })
  socket.onAny((_event, message: Record<string, unknown>) => (last = message.offset ?? message.to))
  return { instance, received }
}

/** Milliseconds from the post of each event to its acceptance by the shared queue, by offset. */
function delaysOf(server: FauxqsServer): { offset: number; ms: number }[] {
  return messagesOf(server, 'global_call.fifo').map(({ body, sentTimestamp }) => {
    const { offset, postedAt } = JSON.parse(body) as { offset: number; postedAt: number }
    return { offset, ms: sentTimestamp - postedAt }
  })
}

function shownDelays(delays: { ms: number }[]): string {
  const all = delays.map(({ ms }) => ms)
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(all, share))
  return `p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`
}

/** Starts a PostgreSQL that can be interrupted. */
async function startPostgres(t: Test): Promise<{ url: string; interrupt: () => Promise<string> }> {
  const server = await startPostgresServer(t)
  if (server) {
    const interrupt = async () => {
      const begun = performance.now()
      await server.crash()
      return `PostgreSQL crashed, and was back after ${Math.round(performance.now() - begun)} ms`
    }
    return { url: server.url, interrupt }
  }
  t.comment('No PostgreSQL is installed here that could be restarted: its connections are ended instead')
  const { url, terminate } = await startDatabase(t)
  return { url, interrupt: async () => `${await terminate()} connections to PostgreSQL were ended` }
}

async function cluster(t: Test): Promise<void> {
  const next = random(seed(t))
  const any = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T
  const [sqs, postgres] = await Promise.all([startSqs(t), startPostgres(t)])
  const faults = await startFaultProxy(t, sqs.options.endpoint)
  if (!LONG) faults.silenceMs = SILENCE_MS
  const env = {
    ...callsToSqs({ database: postgres.url, endpoint: faults.endpoint }),
    // At random, no entry is refused so often that it becomes a dead letter.
    SQS_MAX_ATTEMPTS: '100',
    WEBSOCKET_GLOBAL_EVENTS: 'true'
  }
  const start = () => startStandalone(t, { cwd: folder(t), env })
  // Started together, as in a deployment: one of them creates the tables.
  const nodes = await Promise.all(Array.from({ length: NODES }, start))
  const proxy = await startTcpProxy(t, () => any(nodes).url)

  const instances = Array.from({ length: INSTANCES }, (_, n) => `instance-${n}`)
  const own = instances.filter(() => next() < 0.2)
  for (const instanceName of instances) {
    const all = { enabled: true, events: ['CALL'] }
    const body = {
      instanceName,
      token: `token-of-${instanceName}`,
      websocket: all,
      ...(own.includes(instanceName) && { sqs: all })
    }
    t.match(await call(`${any(nodes).url}/instance/create`, { method: 'POST', key: API_KEY, body }), { status: 201 })
  }
  const listeners = Array.from({ length: SOCKETS }, () =>
    listener(t, proxy.url, next() < 0.2 ? undefined : any(instances))
  )
  faults.decide = randomFaults(next, 0.1)

  const accepted: Accepted[] = []
  const posted = new Map(instances.map((instance) => [instance, 0]))
  const post = async (instance: string, count: number) => {
    const end = (posted.get(instance) as number) + count
    for (let from = posted.get(instance) as number; from < end; from = posted.get(instance) as number) {
      const batch = Array.from({ length: 1 + Math.floor(next() * 8) }, (_, n) => ({
        event: 'call',
        data: from + n,
        id: `${from + n}`,
        extra: { postedAt: Date.now() }
      }))
      let results: { offset: number }[] | undefined
      while (!results) {
        // A killed node may have accepted the events without an answer. The next node knows their ids.
        results = await call(`${any(nodes).url}/events/${instance}`, {
          method: 'POST',
          key: API_KEY,
          body: batch
        }).then(
          ({ status, body }) => (status === 202 ? (body as { offset: number }[]) : undefined),
          () => undefined
        )
        if (!results) await pause(20)
      }
      accepted.push(...batch.map(({ data }, n) => ({ instance, data, offset: results[n]?.offset ?? 0 })))
      posted.set(instance, from + batch.length)
      await pause(next() * (LONG ? 300 : 200))
    }
  }
  const posting = Promise.all(instances.map((instance) => post(instance, EVENTS / INSTANCES)))
  const dropping = setInterval(() => proxy.drop(() => next() < 0.02), 50)
  t.after(() => clearInterval(dropping))
  const interrupted = Math.floor(next() * RESTARTS)
  for (let restart = 0; restart < RESTARTS; restart++) {
    await pause(200 + next() * 800)
    const index = Math.floor(next() * NODES)
    const stopped = stop(t, nodes[index] as Standalone, any(['SIGKILL', 'SIGTERM']))
    // A node may lose PostgreSQL while it stops.
    if (restart === interrupted) t.comment(await postgres.interrupt())
    await stopped
    nodes[index] = await start()
  }
  await soon(posting, 'events that are accepted')
  clearInterval(dropping)
  faults.decide = () => undefined
  const sent = () => (sqs.depth('global_call.fifo') ?? 0) >= accepted.length
  await until(sent, PATIENCE_MS)
  const calm = Math.max(...accepted.map(({ offset }) => offset))
  await Promise.all(instances.map((instance) => post(instance, CALM_EVENTS / INSTANCES)))

  accepted.sort((a, b) => a.offset - b.offset)
  const expected = Map.groupBy(accepted, ({ instance }) => instance)
  const wanted = (instance: string | undefined) => (instance === undefined ? accepted : (expected.get(instance) ?? []))
  const deadline = Date.now() + PATIENCE_MS
  const missing = () =>
    listeners.some(({ instance, received }) => offsetsOf(received).length < wanted(instance).length) ||
    (sqs.depth('global_call.fifo') ?? 0) < accepted.length ||
    own.some((instance) => (sqs.depth(`${instance}_call.fifo`) ?? 0) < wanted(instance).length)
  while (missing() && Date.now() < deadline) await pause(50)
  t.comment(`all events had arrived after ${PATIENCE_MS - (deadline - Date.now())} ms`)
  const delays = delaysOf(sqs.server)
  t.comment(`from the post to the queue, with faults: ${shownDelays(delays.filter(({ offset }) => offset <= calm))}`)
  t.comment(`without faults, from any node: ${shownDelays(delays.filter(({ offset }) => offset > calm))}`)
  // Repeats would arrive in this time.
  await pause(500)

  checkListeners(
    t,
    listeners.map(({ instance, received }) => ({
      of: instance ?? 'all',
      received,
      expected: wanted(instance).map(({ offset }) => offset)
    }))
  )
  const dataOf = (names: string[]) => new Map(names.map((name) => [name, wanted(name).map(({ data }) => data)]))
  checkQueues(t, sqs.server, {
    'global_call.fifo': dataOf(instances),
    ...Object.fromEntries(own.map((instance) => [`${instance}_call.fifo`, dataOf([instance])]))
  })
  await Promise.all(nodes.map((node) => stop(t, node, 'SIGTERM')))
}

async function stop(t: Test, node: Standalone, signal: NodeJS.Signals): Promise<void> {
  const begun = performance.now()
  const code = await node.stop(signal)
  const took = performance.now() - begun
  t.equal(code, signal === 'SIGTERM' ? 0 : signal, node.output())
  t.ok(took < SHUTDOWN_MS, `${signal} took ${Math.round(took)} ms`)
}

if (await havePostgres(t))
  t.test(
    `${NODES} nodes on one PostgreSQL that are ended and restarted deliver ${EVENTS} events to sockets and queues once, in order`,
    { timeout: LONG ? 600_000 : 90_000 },
    cluster
  )
